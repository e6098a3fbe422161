//! What calling a timed generator function returns: a generator that sums up the time of its
//! steps, so that what its consumer does between them does not count.

use std::ffi::c_void;

use pyo3::ffi;
use pyo3::prelude::*;

use super::resumable::itself;
use super::stopwatch::Sum;
use super::timed_work::{Kind, TimedWork};
use super::types::Class;

static CLASS: Class = Class::new();

pub struct Generator;

impl Kind for Generator {
    type Stopwatch = Sum;

    const CLASS: &'static Class = &CLASS;
}

/// Makes the type.
pub fn make_type(py: Python<'_>) -> PyResult<()> {
    let (name, documentation) = (c"mephisto_metrics.TimedGenerator", c"A timed generator.");
    // SAFETY: all functions are generic over the type's state.
    unsafe { TimedWork::<Generator>::type_builder(name, documentation) }
        .resumable::<TimedWork<Generator>>()
        .slot(ffi::Py_tp_iter, itself as *mut c_void)
        .make(py)?;
    Ok(())
}
