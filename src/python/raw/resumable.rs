//! What stands in for a coroutine or a generator and takes the time of its steps.
//!
//! The interpreter resumes such an object in several ways: by `tp_iternext` (an `await` on Python
//! 3.11 and later, and `for`), by `am_send` (`asyncio`, and an `await` on Python 3.10), and by the
//! methods `send`, `throw` and `close`. All of them are handed on to the object inside.

use std::ffi::{CStr, c_void};
use std::ptr;

use crate::python::interned::interned;
use pyo3::ffi;
use pyo3::prelude::*;

use super::raised_apart::RaisedApart;
use super::resumption::{Resumed, raise_stop_iteration, send};
use super::stand_in::{StandIn, call_method};
use super::types::{Method, TypeBuilder, state_of};

/// What the time of steps is taken for.
pub trait Resumable: StandIn {
    /// The coroutine or generator whose steps they are.
    fn work(&self) -> *mut ffi::PyObject {
        self.inner()
    }

    /// Whether there was a first step. What never began is not timed, however it ends.
    fn has_begun(&self) -> bool;

    /// Before a step; returns what is to be given to `suspend` after it.
    fn resume(&self) -> u64;

    /// After a step.
    ///
    /// # Safety
    /// The thread is attached.
    unsafe fn suspend(&self, resumed: u64, pause: Pause);

    /// It was ended before it began.
    fn disregard(&self);
}

/// What a step ended with.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Pause {
    Yielded,
    Returned,
    /// An exception, with which the work is over.
    Raised,
    /// An exception that says that there was no step: the work goes on as if nobody had asked.
    Refused,
}

impl TypeBuilder {
    /// The ways to resume it that coroutines and generators have in common.
    pub fn resumable<T: Resumable>(self) -> Self {
        #[cfg(Py_3_10)]
        let builder = self.slot(ffi::Py_am_send, send_by_slot::<T> as *mut c_void);
        #[cfg(not(Py_3_10))]
        let builder = self;
        builder
            .slot(ffi::Py_tp_iternext, next::<T> as *mut c_void)
            .method(c"send", Method::OneArgument(send_by_method::<T>), c"Go on with a value.")
            .method(c"throw", Method::Fast(throw::<T>), c"Go on with an exception.")
            .method(c"close", Method::NoArguments(close::<T>), c"End it where it is suspended.")
    }
}

/// A slot that returns the object itself: `__await__`, `__iter__` or `__aiter__`.
pub unsafe extern "C" fn itself(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe { ffi::compat::Py_NewRef(object) }
}

#[inline]
unsafe fn step<T: Resumable>(object: *mut ffi::PyObject, value: *mut ffi::PyObject) -> Resumed {
    // SAFETY: called with what the interpreter calls slots with.
    unsafe {
        let state = state_of::<T>(object);
        let resumed = state.resume();
        let result = send(state.inner(), value);
        let pause = match result {
            Resumed::Yielded(_) => Pause::Yielded,
            Resumed::Returned(_) => Pause::Returned,
            Resumed::Raised => pause_by_exception(state.work()),
        };
        state.suspend(resumed, pause);
        result
    }
}

/// What the exception that is set means for the work.
#[cold]
unsafe fn pause_by_exception(work: *mut ffi::PyObject) -> Pause {
    // SAFETY: called with a live object by attached threads.
    if unsafe { is_over(work) } { Pause::Raised } else { Pause::Refused }
}

/// Whether a coroutine or generator has no frame any more to go on in. What is neither can not be
/// asked, and is taken to be over.
unsafe fn is_over(work: *mut ffi::PyObject) -> bool {
    // SAFETY: called with a live object by attached threads.
    let (py, work) = unsafe {
        let py = Python::assume_attached();
        (py, Bound::from_borrowed_ptr(py, work))
    };
    let _raised = RaisedApart::new(py);
    // SAFETY: as above. An asynchronous generator always ends with an exception, hence is not asked
    // for what it has not.
    let is_async_generator = unsafe { ffi::PyAsyncGen_CheckExact(work.as_ptr()) } != 0;
    [interned!(py, "cr_frame"), interned!(py, "gi_frame"), interned!(py, "ag_frame")]
        .into_iter()
        .skip(if is_async_generator { 2 } else { 0 })
        .find_map(|name| work.getattr_opt(name).ok().flatten())
        .is_none_or(|frame| frame.is_none())
}

unsafe extern "C" fn next<T: Resumable>(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe {
        match step::<T>(object, ffi::Py_None()) {
            Resumed::Yielded(value) => value,
            // A slot may end without an exception, which means None and saves making one.
            Resumed::Returned(value) if value == ffi::Py_None() => {
                ffi::Py_DECREF(value);
                ptr::null_mut()
            }
            Resumed::Returned(value) => {
                raise_stop_iteration(value);
                ptr::null_mut()
            }
            Resumed::Raised => ptr::null_mut(),
        }
    }
}

#[cfg(Py_3_10)]
unsafe extern "C" fn send_by_slot<T: Resumable>(
    object: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    result: *mut *mut ffi::PyObject,
) -> ffi::PySendResult {
    // SAFETY: called by the interpreter with an instance and a place for the result.
    unsafe {
        let (value, how) = match step::<T>(object, value) {
            Resumed::Yielded(value) => (value, ffi::PySendResult::PYGEN_NEXT),
            Resumed::Returned(value) => (value, ffi::PySendResult::PYGEN_RETURN),
            Resumed::Raised => (ptr::null_mut(), ffi::PySendResult::PYGEN_ERROR),
        };
        *result = value;
        how
    }
}

unsafe extern "C" fn send_by_method<T: Resumable>(
    object: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and an argument.
    unsafe {
        match step::<T>(object, value) {
            Resumed::Yielded(value) => value,
            Resumed::Returned(value) => {
                raise_stop_iteration(value);
                ptr::null_mut()
            }
            Resumed::Raised => ptr::null_mut(),
        }
    }
}

unsafe extern "C" fn throw<T: Resumable>(
    object: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and `count` arguments.
    unsafe { interrupt::<T>(object, c"throw", arguments, count, Pause::Yielded) }
}

unsafe extern "C" fn close<T: Resumable>(
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe { interrupt::<T>(object, c"close", ptr::null(), 0, Pause::Returned) }
}

/// Hands on a method that raises an exception where it is suspended, which ends it unless that is
/// caught inside.
unsafe fn interrupt<T: Resumable>(
    object: *mut ffi::PyObject,
    method: &CStr,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    success: Pause,
) -> *mut ffi::PyObject {
    // SAFETY: called with what the interpreter calls methods with.
    unsafe {
        let state = state_of::<T>(object);
        if !state.has_begun() {
            let result = call_method(state.inner(), method, arguments, count);
            if is_over(state.work()) {
                state.disregard();
            }
            return result;
        }
        let resumed = state.resume();
        let result = call_method(state.inner(), method, arguments, count);
        let pause = if result.is_null() { pause_by_exception(state.work()) } else { success };
        state.suspend(resumed, pause);
        result
    }
}
