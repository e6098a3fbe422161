//! Targets on other machines as Python describes them: any object with these attributes.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use reqwest::Url;

use crate::http::Secret;
use crate::store::Elsewhere as CoreElsewhere;

/// `mephisto_metrics.stack.elsewhere.Elsewhere`.
#[derive(FromPyObject)]
pub struct Elsewhere {
    files: Vec<PathBuf>,
    lists: Vec<String>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    is_token_sent_in_clear: bool,
}

impl Elsewhere {
    /// The core's options; `ValueError` if an address is none.
    pub fn options(self) -> PyResult<CoreElsewhere> {
        // It is not repeated: there may be a token in it.
        let parse = |list: &String| {
            Url::parse(list).map_err(|error| {
                PyValueError::new_err(format!("the address of a list of targets is none: {error}"))
            })
        };
        Ok(CoreElsewhere {
            files: self.files,
            lists: self.lists.iter().map(parse).collect::<PyResult<_>>()?,
            token: self.token_file.map(Secret::in_file),
            authorities: self.ca_file,
            is_token_sent_in_clear: self.is_token_sent_in_clear,
        })
    }
}
