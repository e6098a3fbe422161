//! The core's errors as Python's.

use std::io;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::metrics::MetricError;

impl From<MetricError> for PyErr {
    fn from(error: MetricError) -> Self {
        PyValueError::new_err(error.to_string())
    }
}

/// An `OSError` with its number, from which Python picks the subclass.
pub fn os_error(error: &io::Error) -> PyErr {
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, error.to_string())),
        None => PyOSError::new_err(error.to_string()),
    }
}
