//! The emptiest class that PyO3 can make.

use pyo3::prelude::*;

/// Has one method, which does nothing.
#[pyclass(frozen)]
struct Floor;

#[pymethods]
impl Floor {
    #[new]
    fn new() -> Self {
        Self
    }

    #[allow(clippy::unused_self)] // an instance method is what is measured
    fn nothing(&self) {}
}

#[pymodule(gil_used = false)]
fn mephisto_metrics_floor(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Floor>()
}
