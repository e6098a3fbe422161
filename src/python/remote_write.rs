//! Remote write as Python describes it: any object with these attributes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::credentials::{authorization, secret};
use crate::store::RemoteWriteOptions;

/// `mephisto_metrics.stack.remote.RemoteWrite`.
#[derive(FromPyObject)]
pub struct RemoteWrite {
    url: String,
    token: Option<String>,
    token_file: Option<PathBuf>,
    user: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    tenant: Option<String>,
    ca_file: Option<PathBuf>,
    labels: BTreeMap<String, String>,
    queue_bytes: Option<u64>,
}

impl RemoteWrite {
    /// The core's options; `ValueError` if they cannot work.
    pub fn options(self) -> PyResult<RemoteWriteOptions> {
        let mut options = RemoteWriteOptions::new(&self.url).map_err(PyValueError::new_err)?;
        let token = secret(self.token, self.token_file);
        let password = secret(self.password, self.password_file);
        options.authorization = authorization(token, self.user, password)?;
        options.tenant = self.tenant;
        options.authorities = self.ca_file;
        options.external_labels = self.labels.into_iter().collect();
        options.queue_limit_bytes = self.queue_bytes.unwrap_or(options.queue_limit_bytes);
        options.check().map_err(PyValueError::new_err)?;
        Ok(options)
    }
}
