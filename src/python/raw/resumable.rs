//! What stands in for a coroutine or a generator and takes the time of its steps.
//!
//! The interpreter resumes such an object in several ways: by `tp_iternext` (an `await` on Python
//! 3.11 and later, and `for`), by `am_send` (`asyncio`, and an `await` on Python 3.10), and by the
//! methods `send`, `throw` and `close`. All of them are handed on to the object inside.

use std::ffi::{CStr, c_void};
use std::ptr;

use pyo3::ffi;

use super::resumption::{Resumed, raise_stop_iteration, send};
use super::stand_in::{StandIn, call_method};
use super::types::{Method, TypeBuilder, state_of};

/// What the time of steps is taken for.
pub trait Resumable: StandIn {
    /// Whether there was a first step. What never began is not timed, however it ends.
    fn has_begun(&self) -> bool;

    /// Before a step; returns when it began, in ticks.
    fn resume(&self) -> u64;

    /// After a step.
    ///
    /// # Safety
    /// The thread is attached.
    unsafe fn suspend(&self, began_ticks: u64, pause: Pause);
}

/// What a step ended with.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Pause {
    Yielded,
    Returned,
    Raised,
}

impl TypeBuilder {
    /// The ways to resume it that coroutines and generators have in common.
    pub fn resumable<T: Resumable>(self) -> Self {
        let builder = self.standing_in::<T>();
        #[cfg(Py_3_10)]
        let builder = builder.slot(ffi::Py_am_send, send_by_slot::<T> as *mut c_void);
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
        let began_ticks = state.resume();
        let resumed = send(state.inner(), value);
        let pause = match resumed {
            Resumed::Yielded(_) => Pause::Yielded,
            Resumed::Returned(_) => Pause::Returned,
            Resumed::Raised => Pause::Raised,
        };
        state.suspend(began_ticks, pause);
        resumed
    }
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
    unsafe { end_early::<T>(object, c"throw", arguments, count, Pause::Yielded) }
}

unsafe extern "C" fn close<T: Resumable>(
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe { end_early::<T>(object, c"close", ptr::null(), 0, Pause::Returned) }
}

/// Hands on a method that ends it, unless an exception that is thrown in is caught inside.
unsafe fn end_early<T: Resumable>(
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
            return call_method(state.inner(), method, arguments, count);
        }
        let began_ticks = state.resume();
        let result = call_method(state.inner(), method, arguments, count);
        state.suspend(began_ticks, if result.is_null() { Pause::Raised } else { success });
        result
    }
}
