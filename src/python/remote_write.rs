//! Remote write as Python describes it: any object with these attributes.

use std::collections::BTreeMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::credentials::Credentials;
use crate::store::RemoteWriteOptions;

/// `mephisto_metrics.stack.remote.RemoteWrite`.
#[derive(FromPyObject)]
pub struct RemoteWrite {
    url: String,
    credentials: Credentials,
    labels: BTreeMap<String, String>,
    queue_bytes: Option<u64>,
}

impl RemoteWrite {
    /// The core's options; `ValueError` if they cannot work.
    pub fn options(self) -> PyResult<RemoteWriteOptions> {
        let mut options = RemoteWriteOptions::new(&self.url).map_err(PyValueError::new_err)?;
        options.access = self.credentials.access()?;
        options.external_labels = self.labels.into_iter().collect();
        options.queue_limit_bytes = self.queue_bytes.unwrap_or(options.queue_limit_bytes);
        options.check().map_err(PyValueError::new_err)?;
        Ok(options)
    }
}
