//! The registry, and text of all that it holds.

use std::sync::Arc;

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use super::instruments::{Counter, Gauge, Histogram};
use crate::encoding::encode;
use crate::metrics::{Collect, Registry};
use crate::server::{Exposition, Source};

static DEFAULT_REGISTRY: PyOnceLock<Py<CollectorRegistry>> = PyOnceLock::new();

/// A set of metrics that are shown together, and what an exposition shows behind them.
#[pyclass(frozen, module = "mephisto_metrics")]
pub struct CollectorRegistry(Exposition);

#[pymethods]
impl CollectorRegistry {
    #[new]
    fn new() -> Self {
        Self(Exposition::default())
    }

    fn register(&self, collector: &Bound<'_, PyAny>) -> PyResult<()> {
        Ok(self.0.registry.register(native_family(collector)?)?)
    }

    fn unregister(&self, collector: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.0.registry.unregister(&native_family(collector)?) {
            return Ok(());
        }
        Err(PyKeyError::new_err(format!("{} is not registered here", collector.repr()?)))
    }

    fn add_source(&self, name: String, gather: Py<PyAny>) {
        self.0.add_source(PythonSource { name, gather });
    }
}

/// A Python function that returns text of the exposition format.
struct PythonSource {
    name: String,
    gather: Py<PyAny>,
}

impl Source for PythonSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn gather(&self) -> Result<String, String> {
        // Nothing where the interpreter is shutting down.
        Python::try_attach(|py| self.gather.call0(py)?.extract(py))
            .unwrap_or_else(|| Ok(String::new()))
            .map_err(|error: PyErr| error.to_string())
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
            Self::Default => Ok(Some(exposition_of(py, None)?.registry)),
            Self::Given(registry) => Ok(registry.map(|registry| registry.get().0.registry.clone())),
        }
    }
}

/// What a server or a text shows: the caller's registry, or the default one.
pub fn exposition_of(
    py: Python<'_>,
    registry: Option<&Bound<'_, CollectorRegistry>>,
) -> PyResult<Exposition> {
    Ok(match registry {
        Some(registry) => registry.get().0.clone(),
        None => default_registry(py)?.get().0.clone(),
    })
}

/// The registry that metrics go to unless they are told otherwise.
fn default_registry(py: Python<'_>) -> PyResult<&Py<CollectorRegistry>> {
    DEFAULT_REGISTRY.get_or_try_init(py, || Py::new(py, CollectorRegistry(Exposition::default())))
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
fn generate_latest(
    py: Python<'_>,
    registry: Option<&Bound<'_, CollectorRegistry>>,
) -> PyResult<Py<PyBytes>> {
    let exposition = exposition_of(py, registry)?;
    let text = py.detach(|| encode(&exposition.registry.families()));
    Ok(PyBytes::new(py, text.as_bytes()).unbind())
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<CollectorRegistry>()?;
    module.add("REGISTRY", default_registry(module.py())?.clone_ref(module.py()))?;
    module.add_function(wrap_pyfunction!(generate_latest, module)?)
}
