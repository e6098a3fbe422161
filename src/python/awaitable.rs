//! What would block an event loop, as awaitables. Cancelling one ends its work.

use std::process;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use reqwest::{Method, Url};
use tokio::task::spawn_blocking;

use super::errors::os_error;
use super::registry::Registry;
use super::server::{ExpositionServer, ServerTls};
use crate::encoding::{Encoded, Format};
use crate::server;

/// How long a signal such as Ctrl+C waits for a thread that waits.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(100);

/// The process whose threads carry the awaitables.
static OWNER: OnceLock<u32> = OnceLock::new();

/// Refuses where a fork has left the threads behind.
fn check_process() -> PyResult<()> {
    let owner = *OWNER.get_or_init(process::id);
    if owner == process::id() {
        return Ok(());
    }
    Err(PyRuntimeError::new_err(format!(
        "the awaitables of mephisto_metrics were used by process {owner} before it forked this one, \
         which does not have their threads: use the blocking functions here, or start the process \
         by spawning"
    )))
}

#[pyfunction]
#[pyo3(signature = (port, addr, registry, tls = None))]
fn start_server<'py>(
    py: Python<'py>,
    port: u16,
    addr: String,
    registry: &Bound<'py, Registry>,
    tls: Option<&Bound<'py, ServerTls>>,
) -> PyResult<Bound<'py, PyAny>> {
    check_process()?;
    let contents = registry.get().contents();
    let tls = tls.map(|tls| tls.get().tls());
    future_into_py(py, async move {
        let start = spawn_blocking(move || server::start(&addr, port, contents, tls, None));
        let service = joined(start.await)?.map_err(|error| os_error(&error))?;
        Ok(ExpositionServer::from(service))
    })
}

#[pyfunction]
fn close_server<'py>(
    py: Python<'py>,
    server: &Bound<'py, ExpositionServer>,
) -> PyResult<Bound<'py, PyAny>> {
    check_process()?;
    let service = server.get().service();
    future_into_py(py, async move { joined(spawn_blocking(move || service.stop()).await) })
}

#[pyfunction]
#[pyo3(signature = (method, url, registry, timeout_seconds))]
fn send_to_gateway<'py>(
    py: Python<'py>,
    method: &str,
    url: &str,
    registry: Option<&Bound<'py, Registry>>,
    timeout_seconds: Option<f64>,
) -> PyResult<Bound<'py, PyAny>> {
    check_process()?;
    let method: Method = method.parse().map_err(|_| PyValueError::new_err("no HTTP method"))?;
    // It is not repeated: there may be a password in it.
    let url: Url = url.parse().map_err(|error| {
        PyValueError::new_err(format!("the address of the Pushgateway is none: {error}"))
    })?;
    let limit = timeout(timeout_seconds)?;
    let collectors = registry.map(|registry| registry.get().collectors());
    future_into_py(py, async move {
        let text = match collectors {
            Some(collectors) => {
                joined(spawn_blocking(move || collectors.encoded(Format::TEXT)).await)??
            }
            None => Encoded::default(),
        };
        let sent = server::send_to_gateway(method, url, text, limit).await;
        sent.map_err(|error| PyOSError::new_err(error.to_string()))
    })
}

#[pyfunction]
fn next_scrape(py: Python<'_>, timeout_seconds: Option<f64>) -> PyResult<Bound<'_, PyAny>> {
    check_process()?;
    let limit = timeout(timeout_seconds)?;
    let scrape = server::next_scrape();
    future_into_py(py, async move {
        let Some(limit) = limit else {
            scrape.await;
            return Ok(true);
        };
        Ok(tokio::time::timeout(limit, scrape).await.is_ok())
    })
}

#[pyfunction]
fn wait_for_scrape(py: Python<'_>, timeout_seconds: Option<f64>) -> PyResult<bool> {
    let limit = timeout(timeout_seconds)?;
    let mut scrape = Box::pin(server::next_scrape());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let deadline = limit.map(|limit| Instant::now() + limit);
    loop {
        let rest = deadline.map(|end| end.saturating_duration_since(Instant::now()));
        let slice = rest.map_or(SIGNAL_INTERVAL, |rest| rest.min(SIGNAL_INTERVAL));
        let wait = async { tokio::time::timeout(slice, &mut scrape).await.is_ok() };
        if py.detach(|| runtime.block_on(wait)) {
            return Ok(true);
        }
        if rest.is_some_and(|rest| rest.is_zero()) {
            return Ok(false);
        }
        py.check_signals()?;
    }
}

fn timeout(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    let duration = |seconds| {
        Duration::try_from_secs_f64(seconds).map_err(|error| {
            PyValueError::new_err(format!("{seconds} is no timeout in seconds: {error}"))
        })
    };
    seconds.map(duration).transpose()
}

/// What a blocking piece of work has given; its panic as an exception.
fn joined<T>(result: Result<T, tokio::task::JoinError>) -> PyResult<T> {
    result.map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(start_server, module)?)?;
    module.add_function(wrap_pyfunction!(close_server, module)?)?;
    module.add_function(wrap_pyfunction!(send_to_gateway, module)?)?;
    module.add_function(wrap_pyfunction!(next_scrape, module)?)?;
    module.add_function(wrap_pyfunction!(wait_for_scrape, module)?)
}
