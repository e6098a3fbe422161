//! The core's errors as Python's.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::metrics::MetricError;

impl From<MetricError> for PyErr {
    fn from(error: MetricError) -> Self {
        PyValueError::new_err(error.to_string())
    }
}
