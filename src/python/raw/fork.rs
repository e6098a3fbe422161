//! What the system calls around a fork.
//!
//! Not Python's own hooks: between those and the fork other hooks run, and other threads with them,
//! which would wait at the closed gate with the GIL that the fork needs.

use std::io;

use pyo3::prelude::*;

use crate::metrics::fork;
use crate::python::errors::os_error;

unsafe extern "C" fn before() {
    fork::before();
}

unsafe extern "C" fn after_in_parent() {
    fork::after_in_parent();
}

unsafe extern "C" fn after_in_child() {
    fork::after_in_child();
}

/// Lets every fork of this process wait until no lock of ours is held.
pub fn watch() -> PyResult<()> {
    // SAFETY: the functions are static, and a Python module is never unloaded. What they call uses
    // atomics and sleeps, which a child may do as well.
    let status =
        unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
    if status == 0 { Ok(()) } else { Err(os_error(&io::Error::from_raw_os_error(status))) }
}
