//! The exposition server as Python starts it.

use std::sync::Arc;

use parking_lot::RwLock;
use pyo3::prelude::*;

use super::registry::{CollectorRegistry, RegistryArgument};
use crate::http::Service;
use crate::server::{self, Exposition, Source};

/// A server that shows a registry at `/metrics` until it is closed or the process ends.
#[pyclass(frozen, module = "mephisto_metrics")]
struct ExpositionServer {
    service: Service,
    exposition: Exposition,
}

#[pymethods]
impl ExpositionServer {
    #[new]
    #[pyo3(signature = (port, addr, registry = None))]
    fn new(
        py: Python<'_>,
        port: u16,
        addr: &str,
        registry: Option<Py<CollectorRegistry>>,
    ) -> PyResult<Self> {
        let registry = RegistryArgument::from(registry).resolve(py)?.unwrap_or_default();
        let exposition = Exposition { registry, sources: Arc::new(RwLock::new(Vec::new())) };
        let service = py.detach(|| server::start(addr, port, exposition.clone()))?;
        Ok(Self { service, exposition })
    }

    #[getter]
    fn address(&self) -> (String, u16) {
        let address = self.service.address();
        (address.ip().to_string(), address.port())
    }

    fn add_source(&self, name: String, gather: Py<PyAny>) {
        self.exposition.sources.write().push(Arc::new(PythonSource { name, gather }));
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.service.stop());
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
        // None where the interpreter is shutting down.
        Python::try_attach(|py| self.gather.call0(py)?.extract(py).map_err(PyErr::from))
            .unwrap_or_else(|| Ok(String::new()))
            .map_err(|error: PyErr| error.to_string())
    }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ExpositionServer>()
}
