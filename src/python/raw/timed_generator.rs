//! What calling a timed generator function returns: a generator that sums up the time of its
//! steps, so that what its consumer does between them does not count.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

use super::clock::{now_ticks, seconds_between};
use super::observer::Observer;
use super::owned::Owned;
use super::resumable::{Pause, Resumable, itself};
use super::stand_in::StandIn;
use super::stopwatch::Sum;
use super::timed_function::Wrapper;
use super::types::{Class, State, TypeBuilder, allocate, offset_in_object};

static CLASS: Class = Class::new();

/// Observed once: when it is exhausted, raises, is closed, or is forgotten half-way.
pub struct TimedGenerator {
    generator: Owned,
    observer: Observer,
    sum: Sum,
    weak_references: UnsafeCell<*mut ffi::PyObject>,
}

impl TimedGenerator {
    unsafe fn end(&self) {
        if let Some(ticks) = self.sum.end() {
            // SAFETY: called from slots of the type only, where the thread is attached.
            unsafe { self.observer.observe(seconds_between(0, ticks)) };
        }
    }
}

impl State for TimedGenerator {
    const CLASS: &'static Class = &CLASS;

    unsafe fn traverse(&self, visit: ffi::visitproc, argument: *mut c_void) -> c_int {
        // SAFETY: the caller's promise.
        unsafe {
            let stopped = self.generator.traverse(visit, argument);
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

impl StandIn for TimedGenerator {
    fn inner(&self) -> *mut ffi::PyObject {
        self.generator.as_ptr()
    }
}

impl Resumable for TimedGenerator {
    fn has_begun(&self) -> bool {
        self.sum.has_begun()
    }

    #[inline]
    fn resume(&self) -> u64 {
        now_ticks()
    }

    #[inline]
    unsafe fn suspend(&self, began_ticks: u64, pause: Pause) {
        self.sum.add(now_ticks().saturating_sub(began_ticks));
        if pause != Pause::Yielded {
            // SAFETY: the caller's promise.
            unsafe { self.end() };
        }
    }
}

impl Wrapper for TimedGenerator {
    unsafe fn wrap(generator: Owned, observer: Observer) -> *mut ffi::PyObject {
        let weak_references = UnsafeCell::new(ptr::null_mut());
        // SAFETY: the caller's promise.
        unsafe { allocate(Self { generator, observer, sum: Sum::new(), weak_references }) }
    }
}

/// Makes the type.
pub fn make_type(py: Python<'_>) -> PyResult<()> {
    let (name, documentation) = (c"mephisto_metrics.TimedGenerator", c"A timed generator.");
    // SAFETY: all functions are generic over the type's state.
    unsafe { TypeBuilder::new::<TimedGenerator>(name, documentation) }
        .resumable::<TimedGenerator>()
        .slot(ffi::Py_tp_iter, itself as *mut c_void)
        .offset(c"__weaklistoffset__", offset_in_object!(TimedGenerator, weak_references))
        .make(py)?;
    Ok(())
}
