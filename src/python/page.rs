//! The built-in page's server as Python starts it.

use std::path::PathBuf;

use pyo3::prelude::*;

use super::credentials::{Credentials, authorization};
use super::errors::os_error;
use crate::http::Secret;
use crate::page::{Page, PageOptions};

/// Serves the page until it is closed or the process ends.
#[pyclass(frozen, module = "mephisto_metrics")]
struct PageServer(Page);

#[pymethods]
impl PageServer {
    #[new]
    #[pyo3(signature = (
        *, assets_directory, dashboards_directory, store_url, scrape_interval_seconds, host, port,
        credentials=None, viewers=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python, each by its name")]
    fn new(
        py: Python<'_>,
        assets_directory: PathBuf,
        dashboards_directory: PathBuf,
        store_url: String,
        scrape_interval_seconds: f64,
        host: String,
        port: u16,
        credentials: Option<Credentials>,
        viewers: Option<(String, String)>,
    ) -> PyResult<Self> {
        let viewers = viewers.map(|(user, password)| (user, Secret::Text(password)));
        let (user, password) = viewers.unzip();
        let options = PageOptions {
            assets_directory,
            dashboards_directory,
            store_url,
            store_access: credentials.map(Credentials::access).transpose()?.unwrap_or_default(),
            viewers: authorization(None, user, password)?,
            scrape_interval_seconds,
            host,
            port,
        };
        Ok(Self(py.detach(|| Page::start(options)).map_err(|error| os_error(&error))?))
    }

    #[getter]
    fn address(&self) -> (String, u16) {
        let address = self.0.address();
        (address.ip().to_string(), address.port())
    }

    fn set_store_url(&self, store_url: &str) {
        self.0.set_store_url(store_url);
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PageServer>()
}
