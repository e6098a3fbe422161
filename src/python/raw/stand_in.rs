//! What a raw object that stands in for another one has from it.

use std::ffi::{CStr, c_void};
use std::ptr;

use pyo3::ffi;

use super::types::{State, TypeBuilder, state_of};

/// The state of an object that others take for the one inside of it.
pub trait StandIn: State {
    /// What it stands in for.
    fn inner(&self) -> *mut ffi::PyObject;
}

impl TypeBuilder {
    /// Attributes that the type does not have, and `__class__`, are those of the object inside, so
    /// that `inspect` says of both the same; only its representation says that it is timed.
    pub fn standing_in<T: StandIn>(self) -> Self {
        self.slot(ffi::Py_tp_getattro, attribute::<T> as *mut c_void)
            .slot(ffi::Py_tp_repr, represent::<T> as *mut c_void)
            .attribute(c"__class__", class::<T>)
    }
}

unsafe extern "C" fn attribute<T: StandIn>(
    object: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and a string.
    unsafe {
        let found = ffi::PyObject_GenericGetAttr(object, name);
        if !found.is_null() || ffi::PyErr_ExceptionMatches(ffi::PyExc_AttributeError) == 0 {
            return found;
        }
        ffi::PyErr_Clear();
        ffi::PyObject_GetAttr(state_of::<T>(object).inner(), name)
    }
}

unsafe extern "C" fn class<T: StandIn>(
    object: *mut ffi::PyObject,
    _: *mut c_void,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe { ffi::PyObject_GetAttrString(state_of::<T>(object).inner(), c"__class__".as_ptr()) }
}

unsafe extern "C" fn represent<T: StandIn>(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance; `%R` wants an object.
    unsafe { ffi::PyUnicode_FromFormat(c"<timed %R>".as_ptr(), state_of::<T>(object).inner()) }
}

/// Calls a method with arguments by position; returns null with an exception set if that fails.
///
/// # Safety
/// `arguments` are `count` live objects, and the thread is attached.
pub unsafe fn call_method(
    object: *mut ffi::PyObject,
    name: &CStr,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: the caller's promise.
    unsafe {
        let method = ffi::PyObject_GetAttrString(object, name.as_ptr());
        if method.is_null() {
            return method;
        }
        let result =
            ffi::PyObject_Vectorcall(method, arguments, count.cast_unsigned(), ptr::null_mut());
        ffi::Py_DECREF(method);
        result
    }
}
