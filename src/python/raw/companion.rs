//! The one Python object that stands for a child, found again from the child.
//!
//! The child knows its object without keeping it: an object that nobody holds costs nothing, and
//! of a million children most have none. The object says farewell when it is deallocated.

use std::ptr::null_mut;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use crate::metrics::Companion;

/// Where there is no GIL, held while an object says farewell and while one is looked up.
#[cfg(Py_GIL_DISABLED)]
static FAREWELL: parking_lot::Mutex<()> = parking_lot::Mutex::new(());

/// A new object of a metric's class, without the call of its `__init__`.
pub fn new_object<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let no_arguments = PyTuple::empty(py);
    // SAFETY: a class of ours or derived from one, so that it has a constructor, which gives a new
    // reference or an exception.
    unsafe {
        let class = class.as_type_ptr();
        let Some(new) = ffi::PyType_GetSlot(class, ffi::Py_tp_new).cast::<()>().as_ref() else {
            return Err(PyTypeError::new_err("no metric's class"));
        };
        let new: ffi::newfunc = std::mem::transmute(std::ptr::from_ref(new));
        Bound::from_owned_ptr_or_err(py, new(class, no_arguments.as_ptr(), null_mut()))
    }
}

/// Lets a child know the object that stands for it from now on.
pub fn introduce(object: &Bound<'_, PyAny>, companion: &Companion) {
    // SAFETY: the object is alive, and the call only allows what `object_of` does later.
    #[cfg(Py_GIL_DISABLED)]
    unsafe {
        ffi::PyUnstable_EnableTryIncRef(object.as_ptr());
    }
    companion.put(object.as_ptr().cast());
}

/// Lets a child forget the object at `address`, unless another one has taken its place.
pub fn withdraw(address: usize, companion: &Companion) {
    #[cfg(Py_GIL_DISABLED)]
    let _farewell = FAREWELL.lock();
    companion.take_out(std::ptr::with_exposed_provenance_mut(address));
}

/// The object that stands for a child now, if there is one that is not being deallocated.
#[inline]
pub fn object_of<'py>(py: Python<'py>, companion: &Companion) -> Option<Bound<'py, PyAny>> {
    #[cfg(Py_GIL_DISABLED)]
    let _farewell = FAREWELL.lock();
    let object: *mut ffi::PyObject = companion.get().cast();
    if object.is_null() {
        return None;
    }
    // SAFETY: the pointer is taken out by `Core::drop`, before the object's memory is freed: under
    // the GIL nothing runs between that and here, and without it the lock is held. An object on
    // its way there has a count of zero, and is left alone.
    unsafe {
        #[cfg(Py_GIL_DISABLED)]
        return (ffi::PyUnstable_TryIncRef(object) != 0).then(|| Bound::from_owned_ptr(py, object));
        #[cfg(not(Py_GIL_DISABLED))]
        return (ffi::Py_REFCNT(object) > 0).then(|| Bound::from_borrowed_ptr(py, object));
    }
}
