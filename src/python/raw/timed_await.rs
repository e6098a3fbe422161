//! What calling a timed coroutine function returns: a coroutine whose whole await is timed.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use pyo3::ffi;
use pyo3::prelude::*;

use super::owned::Owned;
use super::resumable::itself;
use super::stand_in::call_method;
use super::stopwatch::Stretch;
use super::timed_work::{Kind, TimedWork};
use super::types::Class;

static CLASS: Class = Class::new();

/// Timed from its first step on, and while it waits.
pub struct Coroutine;

impl Kind for Coroutine {
    type Stopwatch = Stretch;

    const CLASS: &'static Class = &CLASS;

    /// A coroutine itself, or else what `__await__` returns.
    #[inline]
    unsafe fn work_of(called: Owned) -> Option<Owned> {
        let object = called.as_ptr();
        // SAFETY: the object is alive, and the thread is attached.
        unsafe {
            if ffi::PyCoro_CheckExact(object) != 0
                || ffi::Py_TYPE(object) == CLASS.as_ptr()
                || ffi::PyGen_CheckExact(object) != 0
            {
                return Some(called);
            }
            let iterator = call_method(object, c"__await__", ptr::null(), 0);
            NonNull::new(iterator).map(|iterator| Owned::from_new(iterator))
        }
    }
}

/// Makes the type.
pub fn make_type(py: Python<'_>) -> PyResult<()> {
    let (name, documentation) = (c"mephisto_metrics.TimedAwait", c"A timed coroutine.");
    // SAFETY: all functions are generic over the type's state.
    unsafe { TimedWork::<Coroutine>::type_builder(name, documentation) }
        .resumable::<TimedWork<Coroutine>>()
        .slot(ffi::Py_am_await, itself as *mut c_void)
        .make(py)?;
    Ok(())
}
