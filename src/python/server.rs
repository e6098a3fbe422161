//! The exposition server as Python starts it.

use pyo3::prelude::*;

use super::errors::os_error;
use super::registry::{CollectorRegistry, exposition_of};
use crate::http::Service;
use crate::server;

/// A server that shows a registry at `/metrics` until it is closed or the process ends.
#[pyclass(frozen, module = "mephisto_metrics")]
struct ExpositionServer(Service);

#[pymethods]
impl ExpositionServer {
    #[new]
    #[pyo3(signature = (port, addr, registry = None))]
    fn new(
        py: Python<'_>,
        port: u16,
        addr: &str,
        registry: Option<&Bound<'_, CollectorRegistry>>,
    ) -> PyResult<Self> {
        let exposition = exposition_of(py, registry)?;
        Ok(Self(
            py.detach(|| server::start(addr, port, exposition))
                .map_err(|error| os_error(&error))?,
        ))
    }

    #[getter]
    fn address(&self) -> (String, u16) {
        let address = self.0.address();
        (address.ip().to_string(), address.port())
    }

    fn fileno(&self) -> i32 {
        self.0.listener_descriptor()
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ExpositionServer>()
}
