//! References to Python objects as raw types hold them.

use std::ffi::{c_int, c_void};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use pyo3::ffi;
use pyo3::prelude::*;

/// A reference that is counted, for the fields of raw types and for caches that C functions use.
///
/// Unlike `Py`, it does not ask PyO3 whether the thread is attached to the interpreter: it is made,
/// copied and dropped only where the interpreter calls, and there the thread is. PyO3 does not know
/// of calls of raw types and C functions, and what a `Py` lets go of in them lives on until PyO3 is
/// entered the next time.
pub struct Owned(NonNull<ffi::PyObject>);

impl Owned {
    /// Takes over the reference that a call of the C API returned.
    ///
    /// # Safety
    /// The reference is the caller's to give away, and the thread is attached.
    #[inline]
    pub unsafe fn from_new(object: NonNull<ffi::PyObject>) -> Self {
        Self(object)
    }

    /// Adds a reference to an object that somebody else holds.
    ///
    /// # Safety
    /// The object is alive, and the thread is attached.
    #[inline]
    pub unsafe fn from_borrowed(object: NonNull<ffi::PyObject>) -> Self {
        // SAFETY: the caller's promise.
        unsafe { ffi::Py_INCREF(object.as_ptr()) };
        Self(object)
    }

    /// The object, which lives as long as `self`.
    #[inline]
    pub fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// Gives the reference away.
    pub fn into_ptr(self) -> *mut ffi::PyObject {
        ManuallyDrop::new(self).as_ptr()
    }

    /// The object in PyO3's terms.
    pub fn bind<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.as_unbound().bind(py)
    }

    /// The same where nothing shows that the thread is attached, as in a `tp_traverse` of PyO3's.
    pub fn as_unbound(&self) -> &Py<PyAny> {
        let pointer: *const Owned = self;
        // SAFETY: both are one pointer to a live object.
        unsafe { &*pointer.cast::<Py<PyAny>>() }
    }

    /// Shows the object to the garbage collector.
    ///
    /// # Safety
    /// `visit` and `argument` are those of a `tp_traverse` that is running.
    pub unsafe fn traverse(&self, visit: ffi::visitproc, argument: *mut c_void) -> c_int {
        // SAFETY: the caller's promise.
        unsafe { visit(self.as_ptr(), argument) }
    }
}

impl From<Bound<'_, PyAny>> for Owned {
    fn from(object: Bound<'_, PyAny>) -> Self {
        // SAFETY: `into_ptr` gives away a reference, which is never null.
        Self(unsafe { NonNull::new_unchecked(object.into_ptr()) })
    }
}

impl Clone for Owned {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: `self` keeps the object alive.
        unsafe { Self::from_borrowed(self.0) }
    }
}

impl Drop for Owned {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is ours; who holds it is deallocated by attached threads only.
        unsafe { ffi::Py_DECREF(self.as_ptr()) };
    }
}

// SAFETY: an object may be used from any thread that is attached, and only those reach it.
unsafe impl Send for Owned {}
// SAFETY: as above; nothing here changes an object without the interpreter's own protection.
unsafe impl Sync for Owned {}
