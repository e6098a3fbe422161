//! The exception that is set, kept apart.

use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

/// Keeps the exception of the call that was timed apart while Python code runs.
pub struct RaisedApart<'py> {
    exception: [*mut ffi::PyObject; 3],
    _attached: Python<'py>,
}

#[allow(deprecated, reason = "their successors want Python 3.12")]
impl<'py> RaisedApart<'py> {
    pub fn new(py: Python<'py>) -> Self {
        let mut exception = [ptr::null_mut(); 3];
        let [kind, value, traceback] = &mut exception;
        // SAFETY: attached, as `py` proves; null stands for no exception.
        unsafe { ffi::PyErr_Fetch(kind, value, traceback) };
        Self { exception, _attached: py }
    }

    /// The class of the exception; null if there is none.
    pub fn kind(&self) -> *mut ffi::PyObject {
        self.exception[0]
    }

    /// Whether it was raised from outside of any Python code.
    pub fn has_no_traceback(&self) -> bool {
        self.exception[2].is_null()
    }
}

#[allow(deprecated, reason = "as above")]
impl Drop for RaisedApart<'_> {
    fn drop(&mut self) {
        let [kind, value, traceback] = self.exception;
        // SAFETY: attached; the three references go back where they came from.
        unsafe { ffi::PyErr_Restore(kind, value, traceback) };
    }
}
