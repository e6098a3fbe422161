//! One step of a coroutine, a generator, or whatever else is awaited or iterated.

use std::ptr;

use pyo3::ffi;

/// How a step ended. The references are new ones.
pub enum Resumed {
    /// It is suspended and goes on later.
    Yielded(*mut ffi::PyObject),
    /// It is over, with this result.
    Returned(*mut ffi::PyObject),
    /// The exception that is set ended it, or refused the step.
    Raised,
}

/// Sends a value in and runs until the next suspension or the end.
///
/// # Safety
/// Both are alive, and the thread is attached.
#[inline]
#[cfg(Py_3_10)]
pub unsafe fn send(inner: *mut ffi::PyObject, value: *mut ffi::PyObject) -> Resumed {
    let mut result = ptr::null_mut();
    // SAFETY: the caller's promise.
    match unsafe { ffi::PyIter_Send(inner, value, &raw mut result) } {
        ffi::PySendResult::PYGEN_NEXT => Resumed::Yielded(result),
        ffi::PySendResult::PYGEN_RETURN => Resumed::Returned(result),
        ffi::PySendResult::PYGEN_ERROR => Resumed::Raised,
    }
}

/// As above; Python 3.9 has nothing quicker than the method.
///
/// # Safety
/// Both are alive, and the thread is attached.
#[cfg(not(Py_3_10))]
pub unsafe fn send(inner: *mut ffi::PyObject, value: *mut ffi::PyObject) -> Resumed {
    // SAFETY: the caller's promise; a name that could not be made is an exception like any other.
    unsafe {
        let name = ffi::PyUnicode_InternFromString(c"send".as_ptr());
        if name.is_null() {
            return Resumed::Raised;
        }
        let yielded = ffi::PyObject_CallMethodOneArg(inner, name, value);
        ffi::Py_DECREF(name);
        if !yielded.is_null() {
            return Resumed::Yielded(yielded);
        }
        if ffi::PyErr_ExceptionMatches(ffi::PyExc_StopIteration) == 0 {
            return Resumed::Raised;
        }
        let [mut kind, mut exception, mut traceback] = [ptr::null_mut(); 3];
        ffi::PyErr_Fetch(&raw mut kind, &raw mut exception, &raw mut traceback);
        ffi::PyErr_NormalizeException(&raw mut kind, &raw mut exception, &raw mut traceback);
        let result = ffi::PyObject_GetAttrString(exception, c"value".as_ptr());
        for reference in [kind, exception, traceback] {
            ffi::Py_XDECREF(reference);
        }
        if result.is_null() { Resumed::Raised } else { Resumed::Returned(result) }
    }
}

/// Sets `StopIteration` with that value, which it takes over.
///
/// # Safety
/// The reference is the caller's to give away, and the thread is attached.
pub unsafe fn raise_stop_iteration(value: *mut ffi::PyObject) {
    // SAFETY: the caller's promise. The exception is made by hand because `PyErr_SetObject` would
    // take a tuple for its arguments and an exception for itself.
    unsafe {
        let exception = ffi::PyObject_CallOneArg(ffi::PyExc_StopIteration, value);
        if !exception.is_null() {
            ffi::PyErr_SetObject(ffi::PyExc_StopIteration, exception);
            ffi::Py_DECREF(exception);
        }
        ffi::Py_DECREF(value);
    }
}
