//! What a timed function returns whose work is done later: a stand-in for the coroutine or
//! generator that takes the time of its steps.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use pyo3::ffi;

use super::clock::seconds_of;
use super::observer::Observer;
use super::owned::Owned;
use super::resumable::{Pause, Resumable};
use super::stand_in::StandIn;
use super::stopwatch::Stopwatch;
use super::types::{Class, State, TypeBuilder, allocate, offset_in_object};

/// A kind of work.
pub trait Kind: Sized + 'static {
    /// What counts of its time.
    type Stopwatch: Stopwatch;

    /// Where the type of its stand-ins is kept.
    const CLASS: &'static Class;

    /// What is resumed, of what a call returned; nothing, with an exception set, if that is
    /// something else.
    ///
    /// # Safety
    /// The thread is attached.
    #[inline]
    unsafe fn work_of(called: Owned) -> Option<Owned> {
        Some(called)
    }
}

/// Observed once: when it returns, raises, is closed, or is forgotten half-way.
pub struct TimedWork<K: Kind> {
    work: Owned,
    observer: Observer,
    stopwatch: K::Stopwatch,
    weak_references: UnsafeCell<*mut ffi::PyObject>,
}

impl<K: Kind> TimedWork<K> {
    /// A stand-in for what a call returned, or null with an exception set.
    ///
    /// # Safety
    /// The thread is attached, and the class is made.
    #[inline]
    pub unsafe fn wrap(called: Owned, observer: Observer) -> *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        unsafe {
            let Some(work) = K::work_of(called) else { return ptr::null_mut() };
            let weak_references = UnsafeCell::new(ptr::null_mut());
            let stopwatch = K::Stopwatch::default();
            allocate(Self { work, observer, stopwatch, weak_references })
        }
    }

    /// A type for stand-ins, of which the ways to resume them are still to come.
    ///
    /// # Safety
    /// As of `TypeBuilder::new`.
    pub unsafe fn type_builder(name: &'static CStr, documentation: &'static CStr) -> TypeBuilder {
        // SAFETY: the caller's promise; what is added here is generic over the state.
        unsafe { TypeBuilder::new::<Self>(name, documentation) }
            .standing_in::<Self>()
            .offset(c"__weaklistoffset__", offset_in_object!(Self, weak_references))
    }

    pub fn stopwatch(&self) -> &K::Stopwatch {
        &self.stopwatch
    }

    /// Observes, unless it has been.
    ///
    /// # Safety
    /// The thread is attached.
    #[inline]
    pub unsafe fn end(&self) {
        if let Some(ticks) = self.stopwatch.end() {
            // SAFETY: the caller's promise.
            unsafe { self.observer.observe(seconds_of(ticks)) };
        }
    }
}

impl<K: Kind> State for TimedWork<K> {
    const CLASS: &'static Class = K::CLASS;

    unsafe fn traverse(&self, visit: ffi::visitproc, argument: *mut c_void) -> c_int {
        // SAFETY: the caller's promise.
        unsafe {
            let stopped = self.work.traverse(visit, argument);
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

impl<K: Kind> StandIn for TimedWork<K> {
    fn inner(&self) -> *mut ffi::PyObject {
        self.work.as_ptr()
    }
}

impl<K: Kind> Resumable for TimedWork<K> {
    fn has_begun(&self) -> bool {
        self.stopwatch.has_begun()
    }

    #[inline]
    fn resume(&self) -> u64 {
        self.stopwatch.resume()
    }

    #[inline]
    unsafe fn suspend(&self, resumed: u64, pause: Pause) {
        if pause == Pause::Refused {
            return self.stopwatch.take_back(resumed);
        }
        self.stopwatch.pause(resumed);
        if pause != Pause::Yielded {
            // SAFETY: the caller's promise.
            unsafe { self.end() };
        }
    }

    fn disregard(&self) {
        self.stopwatch.end();
    }
}
