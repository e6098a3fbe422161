//! An exposition that Python asks for, written step by step.

use std::vec::IntoIter;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::process::without_interpreter;
use super::registry::{Registry, Step};
use super::{foreign, registry};
use crate::encoding::{Encoder, Format};

/// A registry in one format, collector by collector.
///
/// Those in Python are called by Python, which `next_collector` gives them to: a thread that ends
/// inside of one, as daemon threads do at the end of a process, must not be inside of native code.
#[pyclass(module = "mephisto_metrics._core")]
struct Exposition {
    encoder: Option<Encoder>,
    steps: IntoIter<Step>,
}

#[pymethods]
impl Exposition {
    #[new]
    fn new(registry: &Bound<'_, Registry>, content_type: &str) -> Self {
        let format = Format::from_content_type(content_type);
        let steps = registry.get().collectors().steps().into_iter();
        Self { encoder: Some(Encoder::new(format)), steps }
    }

    fn next_collector(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Self { encoder: Some(encoder), steps } = self else { return Ok(None) };
        let collector =
            without_interpreter(py, || registry::write_until_collector(steps, encoder))?;
        Ok(collector.map(|collector| collector.clone_ref(py)))
    }

    fn add(&mut self, metrics: &Bound<'_, PyAny>) -> PyResult<()> {
        match &mut self.encoder {
            Some(encoder) => foreign::encode_all(metrics, encoder),
            None => Ok(()),
        }
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let encoded = self.encoder.take().map(Encoder::finish).unwrap_or_default();
        PyBytes::new(py, &encoded)
    }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Exposition>()
}
