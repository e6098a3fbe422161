//! Credentials as Python describes them: any object with these attributes.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::http::{Authorization, Secret, StoreAccess};

/// `mephisto_metrics.stack.credentials.Credentials`.
#[derive(FromPyObject)]
pub struct Credentials {
    token: Option<String>,
    token_file: Option<PathBuf>,
    user: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    tenant: Option<String>,
    ca_file: Option<PathBuf>,
}

impl Credentials {
    /// How a store lets their owner in; `ValueError` if they cannot work.
    pub fn access(self) -> PyResult<StoreAccess> {
        let token = secret(self.token, self.token_file);
        let password = secret(self.password, self.password_file);
        let authorization = authorization(token, self.user, password)?;
        Ok(StoreAccess { authorization, tenant: self.tenant, authorities: self.ca_file })
    }
}

/// A secret in a file, or the text itself.
fn secret(text: Option<String>, file: Option<PathBuf>) -> Option<Secret> {
    file.map(Secret::in_file).or(text.map(Secret::Text))
}

/// At most a token, or a user with a password.
pub fn authorization(
    token: Option<Secret>,
    user: Option<String>,
    password: Option<Secret>,
) -> PyResult<Authorization> {
    match (token, user, password) {
        (Some(token), None, None) => Ok(Authorization::Bearer(token)),
        (None, Some(user), Some(password)) => Ok(Authorization::Basic { user, password }),
        (None, None, None) => Ok(Authorization::Nobody),
        _ => Err(PyValueError::new_err("either a token, or a user with a password")),
    }
}
