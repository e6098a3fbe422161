//! The registry, and text of all that it holds.

use std::sync::Arc;

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use super::instruments::{Counter, Gauge, Histogram};
use crate::encoding::encode;
use crate::metrics::{Collect, Registry};

static DEFAULT_REGISTRY: PyOnceLock<Py<CollectorRegistry>> = PyOnceLock::new();

/// A set of metrics that are shown together.
#[pyclass(frozen, module = "mephisto_metrics")]
pub struct CollectorRegistry(pub Arc<Registry>);

#[pymethods]
impl CollectorRegistry {
    #[new]
    fn new() -> Self {
        Self(Arc::default())
    }

    fn register(&self, collector: &Bound<'_, PyAny>) -> PyResult<()> {
        Ok(self.0.register(native_family(collector)?)?)
    }

    fn unregister(&self, collector: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.0.unregister(&native_family(collector)?) {
            return Ok(());
        }
        Err(PyKeyError::new_err(format!("{} is not registered here", collector.repr()?)))
    }
}

/// The `registry` argument of a constructor: the default one, one of the caller's, or none.
pub enum RegistryArgument {
    /// Not given.
    Default,
    /// Given; `None` leaves the metric out of every registry.
    Given(Option<Py<CollectorRegistry>>),
}

impl<'py> FromPyObject<'_, 'py> for RegistryArgument {
    type Error = PyErr;

    fn extract(argument: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self::Given(argument.extract()?))
    }
}

impl RegistryArgument {
    /// The registry that is meant, if any.
    pub fn resolve(self, py: Python<'_>) -> PyResult<Option<Arc<Registry>>> {
        match self {
            Self::Default => Ok(Some(Arc::clone(&default_registry(py)?.get().0))),
            Self::Given(registry) => Ok(registry.map(|registry| Arc::clone(&registry.get().0))),
        }
    }
}

/// The registry that metrics go to unless they are told otherwise.
pub fn default_registry(py: Python<'_>) -> PyResult<&Py<CollectorRegistry>> {
    DEFAULT_REGISTRY.get_or_try_init(py, || Py::new(py, CollectorRegistry(Arc::default())))
}

fn native_family(collector: &Bound<'_, PyAny>) -> PyResult<Arc<dyn Collect>> {
    if let Ok(counter) = collector.cast::<Counter>() {
        Ok(counter.get().collector())
    } else if let Ok(gauge) = collector.cast::<Gauge>() {
        Ok(gauge.get().collector())
    } else if let Ok(histogram) = collector.cast::<Histogram>() {
        Ok(histogram.get().collector())
    } else {
        Err(PyTypeError::new_err(format!(
            "{} can not be registered: expected a Counter, Gauge or Histogram of mephisto_metrics",
            collector.repr()?
        )))
    }
}

/// All metrics of a registry in the text format 0.0.4.
#[pyfunction]
#[pyo3(signature = (registry = None))]
fn generate_latest<'py>(
    py: Python<'py>,
    registry: Option<Py<CollectorRegistry>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let registry = RegistryArgument::from(registry).resolve(py)?.unwrap_or_default();
    let text = py.detach(|| encode(&registry.families()));
    Ok(PyBytes::new(py, text.as_bytes()))
}

impl From<Option<Py<CollectorRegistry>>> for RegistryArgument {
    /// For a call in which no registry means the default one.
    fn from(registry: Option<Py<CollectorRegistry>>) -> Self {
        registry.map_or(Self::Default, |registry| Self::Given(Some(registry)))
    }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<CollectorRegistry>()?;
    module.add("REGISTRY", default_registry(module.py())?.clone_ref(module.py()))?;
    module.add_function(wrap_pyfunction!(generate_latest, module)?)
}
