//! The built-in store as Python starts it.

use std::path::PathBuf;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::elsewhere::Elsewhere;
use super::errors::os_error;
use super::remote_write::RemoteWrite;
use crate::store::{Store as CoreStore, StoreError as CoreStoreError, StoreOptions};

pyo3::create_exception!(mephisto_metrics, StoreError, pyo3::exceptions::PyException);

/// Scrapes, keeps samples and answers queries until it is closed or the process ends.
#[pyclass(frozen, module = "mephisto_metrics")]
struct Store(CoreStore);

#[pymethods]
impl Store {
    #[new]
    #[pyo3(signature = (
        *, data_directory, targets_directory, rule_files, host, port, scrape_interval_seconds,
        retention_seconds, retention_bytes=None, remote_write=None, elsewhere=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python, each by its name")]
    fn new(
        py: Python<'_>,
        data_directory: PathBuf,
        targets_directory: PathBuf,
        rule_files: Vec<PathBuf>,
        host: String,
        port: u16,
        scrape_interval_seconds: f64,
        retention_seconds: f64,
        retention_bytes: Option<u64>,
        remote_write: Option<RemoteWrite>,
        elsewhere: Option<Elsewhere>,
    ) -> PyResult<Self> {
        let options = StoreOptions {
            data_directory,
            targets_directory,
            elsewhere: elsewhere.map(Elsewhere::options).transpose()?.unwrap_or_default(),
            rule_files,
            host,
            port,
            scrape_interval: duration("scrape_interval_seconds", scrape_interval_seconds)?,
            retention: duration("retention_seconds", retention_seconds)?,
            retention_bytes,
            remote_write: remote_write.map(RemoteWrite::options).transpose()?,
        };
        let store = py.detach(|| CoreStore::start(options)).map_err(|error| match error {
            CoreStoreError::Listen { source, .. } => os_error(&source),
            other => StoreError::new_err(other.to_string()),
        })?;
        Ok(Self(store))
    }

    #[getter]
    fn address(&self) -> (String, u16) {
        let address = self.0.address();
        (address.ip().to_string(), address.port())
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }
}

fn duration(name: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero()).ok_or_else(
        || PyValueError::new_err(format!("{name} must be more than zero, received {seconds}")),
    )
}

/// Writes what the store logs to stderr; a second call does nothing.
#[pyfunction]
fn log_to_stderr() {
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        // Its way to report that a line cannot be written, as on a full disk, is a panic.
        .log_internal_errors(false)
        .try_init();
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("StoreError", module.py().get_type::<StoreError>())?;
    module.add_class::<Store>()?;
    module.add_function(wrap_pyfunction!(log_to_stderr, module)?)
}
