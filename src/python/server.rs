//! The exposition server as Python starts it.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use super::errors::os_error;
use super::registry::Registry;
use crate::http::{Secret, Service, Tls, TlsError, TlsVersions};
use crate::server;

/// A server that shows a registry until it is closed, nobody holds it, or the process ends.
#[pyclass(frozen, module = "mephisto_metrics._core")]
pub struct ExpositionServer {
    // Never dropped: a forked child has the object but not the threads, which may hold the locks
    // that its end would take.
    service: ManuallyDrop<Arc<Service>>,
    /// The process that has the threads.
    process: u32,
}

#[pymethods]
impl ExpositionServer {
    #[new]
    #[pyo3(signature = (port, addr, registry, tls = None, token_file = None))]
    fn new(
        py: Python<'_>,
        port: u16,
        addr: &str,
        registry: &Bound<'_, Registry>,
        tls: Option<&Bound<'_, ServerTls>>,
        token_file: Option<PathBuf>,
    ) -> PyResult<Self> {
        let contents = registry.get().contents();
        let tls = tls.map(|tls| tls.get().tls());
        let service =
            py.detach(|| server::start(addr, port, contents, tls, token_file.map(Secret::in_file)));
        Ok(Self::from(service.map_err(|error| os_error(&error))?))
    }

    #[getter]
    fn address(&self) -> (String, u16) {
        let address = self.service.address();
        (address.ip().to_string(), address.port())
    }

    fn fileno(&self) -> i32 {
        self.service.listener_descriptor()
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.service.stop());
    }
}

impl ExpositionServer {
    /// What serves.
    pub fn service(&self) -> Arc<Service> {
        Arc::clone(&self.service)
    }
}

impl From<Service> for ExpositionServer {
    fn from(service: Service) -> Self {
        Self { service: ManuallyDrop::new(Arc::new(service)), process: process::id() }
    }
}

impl Drop for ExpositionServer {
    fn drop(&mut self) {
        // Nobody can close it any more, such as one whose start was awaited and then cancelled.
        if self.process == process::id() {
            self.service.ask_to_stop();
        }
    }
}

/// A server's certificate, and whom it lets in.
#[pyclass(frozen, module = "mephisto_metrics._core")]
pub struct ServerTls(Tls);

#[pymethods]
impl ServerTls {
    #[new]
    /// `client_authorities` are a file and a folder, either of which may be missing.
    #[pyo3(signature = (certfile, keyfile, *, client_authorities, has_tls_1_2, has_tls_1_3))]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 hands over what it has made")]
    fn new(
        certfile: PathBuf,
        keyfile: PathBuf,
        client_authorities: Option<(Option<PathBuf>, Option<PathBuf>)>,
        has_tls_1_2: bool,
        has_tls_1_3: bool,
    ) -> PyResult<Self> {
        let versions = TlsVersions { has_1_2: has_tls_1_2, has_1_3: has_tls_1_3 };
        let (file, folder) = client_authorities.clone().unwrap_or_default();
        let paths: Vec<PathBuf> = file.iter().chain(&folder).cloned().collect();
        let authorities = client_authorities.as_ref().map(|_| paths.as_slice());
        let tls = Tls::new(&certfile, &keyfile, authorities, versions).map_err(|error| {
            let what = if error.is_of_authorities() {
                let (file, folder) = (quoted(file.as_deref()), quoted(folder.as_deref()));
                format!("CA certificate chain from file {file} or directory {folder}")
            } else {
                let (certificate, key) = (quoted(Some(&certfile)), quoted(Some(&keyfile)));
                format!("server certificate file {certificate} or its private key file {key}")
            };
            tls_error(&what, &error)
        })?;
        Ok(Self(tls))
    }
}

impl ServerTls {
    /// What a server takes.
    pub fn tls(&self) -> Tls {
        self.0.clone()
    }
}

/// A path in the words of `prometheus_client`.
fn quoted(path: Option<&Path>) -> String {
    path.map_or_else(|| "None".to_owned(), |path| format!("'{}'", path.display()))
}

/// In the words of `prometheus_client`, with the number where the system gave one.
fn tls_error(what: &str, error: &TlsError) -> PyErr {
    let text = format!("Cannot load {what}: {error}");
    match (error, error.as_io().and_then(std::io::Error::raw_os_error)) {
        (TlsError::NoVersion, _) => PyValueError::new_err(error.to_string()),
        (_, Some(number)) => PyOSError::new_err((number, text)),
        (_, None) => PyOSError::new_err(text),
    }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ServerTls>()?;
    module.add_class::<ExpositionServer>()
}
