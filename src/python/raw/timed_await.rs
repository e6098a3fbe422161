//! What calling a timed coroutine function returns: a coroutine whose whole await is timed.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};

use pyo3::ffi;
use pyo3::prelude::*;

use super::clock::seconds_since;
use super::observer::Observer;
use super::owned::Owned;
use super::resumable::{Pause, Resumable, itself};
use super::stand_in::StandIn;
use super::stopwatch::Stretch;
use super::timed_function::Wrapper;
use super::types::{Class, State, TypeBuilder, allocate, offset_in_object};

static CLASS: Class = Class::new();

/// From its first step until it returns, raises, is closed, or is forgotten while it waits.
pub struct TimedAwait {
    coroutine: Owned,
    observer: Observer,
    stretch: Stretch,
    weak_references: UnsafeCell<*mut ffi::PyObject>,
}

impl TimedAwait {
    unsafe fn end(&self) {
        if let Some(began_ticks) = self.stretch.end() {
            // SAFETY: called from slots of the type only, where the thread is attached.
            unsafe { self.observer.observe(seconds_since(began_ticks)) };
        }
    }
}

impl State for TimedAwait {
    const CLASS: &'static Class = &CLASS;

    unsafe fn traverse(&self, visit: ffi::visitproc, argument: *mut c_void) -> c_int {
        // SAFETY: the caller's promise.
        unsafe {
            let stopped = self.coroutine.traverse(visit, argument);
            if stopped != 0 { stopped } else { self.observer.traverse(visit, argument) }
        }
    }

    unsafe fn on_deallocation(&self, object: *mut ffi::PyObject) {
        // SAFETY: the caller's promise.
        unsafe {
            if !(*self.weak_references.get()).is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            self.end();
        }
    }
}

impl StandIn for TimedAwait {
    fn inner(&self) -> *mut ffi::PyObject {
        self.coroutine.as_ptr()
    }
}

impl Resumable for TimedAwait {
    fn has_begun(&self) -> bool {
        self.stretch.has_begun()
    }

    #[inline]
    fn resume(&self) -> u64 {
        self.stretch.begin()
    }

    #[inline]
    unsafe fn suspend(&self, _: u64, pause: Pause) {
        if pause != Pause::Yielded {
            // SAFETY: the caller's promise.
            unsafe { self.end() };
        }
    }
}

impl Wrapper for TimedAwait {
    #[inline]
    unsafe fn wrap(called: Owned, observer: Observer) -> *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        unsafe {
            let Some(coroutine) = awaited(called) else { return ptr::null_mut() };
            allocate(Self {
                coroutine,
                observer,
                stretch: Stretch::new(),
                weak_references: UnsafeCell::new(ptr::null_mut()),
            })
        }
    }
}

/// What is resumed when `called` is awaited: a coroutine itself, or else what `__await__` returns;
/// nothing, with an exception set, if it can not be awaited.
#[inline]
unsafe fn awaited(called: Owned) -> Option<Owned> {
    let object = called.as_ptr();
    // SAFETY: the object is alive, and the thread is attached.
    unsafe {
        let class = ffi::Py_TYPE(object);
        if ffi::PyCoro_CheckExact(object) != 0
            || class == CLASS.as_ptr()
            || ffi::PyGen_CheckExact(object) != 0
        {
            return Some(called);
        }
        let iterator = super::stand_in::call_method(object, c"__await__", ptr::null(), 0);
        NonNull::new(iterator).map(|iterator| Owned::from_new(iterator))
    }
}

/// Makes the type.
pub fn make_type(py: Python<'_>) -> PyResult<()> {
    // SAFETY: all functions are generic over the type's state.
    unsafe {
        TypeBuilder::new::<TimedAwait>(c"mephisto_metrics.TimedAwait", c"A timed coroutine.")
    }
    .resumable::<TimedAwait>()
    .slot(ffi::Py_am_await, itself as *mut c_void)
    .offset(c"__weaklistoffset__", offset_in_object!(TimedAwait, weak_references))
    .make(py)?;
    Ok(())
}
