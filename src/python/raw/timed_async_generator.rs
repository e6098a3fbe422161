//! What calling a timed asynchronous generator function returns. As of a generator, the time of
//! its steps is summed up; a step lasts as long as it is awaited.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};

use pyo3::ffi;
use pyo3::prelude::*;

use super::owned::Owned;
use super::resumable::{Pause, Resumable, itself};
use super::stand_in::{StandIn, call_method};
use super::stopwatch::{Stopwatch, Stretch, Sum};
use super::timed_work::{Kind, TimedWork};
use super::types::{Class, Method, State, TypeBuilder, allocate, state_of};

static CLASS: Class = Class::new();
static STEP_CLASS: Class = Class::new();

pub struct AsyncGenerator;

impl Kind for AsyncGenerator {
    type Stopwatch = Sum;

    const CLASS: &'static Class = &CLASS;
}

/// What `__anext__`, `asend`, `athrow` and `aclose` return.
struct TimedStep {
    step: Owned,
    generator: Owned,
    stretch: Stretch,
    is_last: bool,
}

impl TimedStep {
    fn generator(&self) -> &TimedWork<AsyncGenerator> {
        // SAFETY: `begin_step` put one here, which `self` keeps alive.
        unsafe { state_of(self.generator.as_ptr()) }
    }

    fn end(&self) {
        if let Some(ticks) = self.stretch.end() {
            self.generator().stopwatch().add(ticks);
        }
    }
}

impl State for TimedStep {
    const CLASS: &'static Class = &STEP_CLASS;

    unsafe fn traverse(&self, visit: ffi::visitproc, argument: *mut c_void) -> c_int {
        // SAFETY: the caller's promise.
        unsafe {
            let stopped = self.step.traverse(visit, argument);
            if stopped != 0 { stopped } else { self.generator.traverse(visit, argument) }
        }
    }

    unsafe fn on_deallocation(&self, _: *mut ffi::PyObject) {
        self.end();
    }
}

impl StandIn for TimedStep {
    fn inner(&self) -> *mut ffi::PyObject {
        self.step.as_ptr()
    }
}

impl Resumable for TimedStep {
    fn work(&self) -> *mut ffi::PyObject {
        self.generator().inner()
    }

    fn has_begun(&self) -> bool {
        self.stretch.has_begun()
    }

    fn resume(&self) -> u64 {
        self.stretch.resume()
    }

    unsafe fn suspend(&self, resumed: u64, pause: Pause) {
        match pause {
            Pause::Yielded => return,
            Pause::Refused => return self.stretch.take_back(resumed),
            Pause::Returned | Pause::Raised => self.end(),
        }
        // An exception that leaves a generator ends it; a result is its next item.
        if pause == Pause::Raised || self.is_last {
            // SAFETY: the caller's promise.
            unsafe { self.generator().end() };
        }
    }

    fn disregard(&self) {
        self.stretch.end();
    }
}

unsafe extern "C" fn next_item(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe { begin_step(object, c"__anext__", ptr::null(), 0) }
}

unsafe extern "C" fn send(
    object: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and an argument.
    unsafe { begin_step(object, c"asend", &raw const value, 1) }
}

unsafe extern "C" fn throw(
    object: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and `count` arguments.
    unsafe { begin_step(object, c"athrow", arguments, count) }
}

unsafe extern "C" fn close(
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe { begin_step(object, c"aclose", ptr::null(), 0) }
}

unsafe fn begin_step(
    object: *mut ffi::PyObject,
    method: &CStr,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: called with what the interpreter calls methods with.
    unsafe {
        let timed = state_of::<TimedWork<AsyncGenerator>>(object);
        let Some(step) = NonNull::new(call_method(timed.inner(), method, arguments, count)) else {
            return ptr::null_mut();
        };
        let ends_it = method == c"aclose" || method == c"athrow";
        if ends_it && !timed.stopwatch().has_begun() {
            return step.as_ptr();
        }
        allocate(TimedStep {
            step: Owned::from_new(step),
            generator: Owned::from_borrowed(NonNull::new_unchecked(object)),
            stretch: Stretch::default(),
            is_last: method == c"aclose",
        })
    }
}

/// Makes the types.
pub fn make_types(py: Python<'_>) -> PyResult<()> {
    let step = c"mephisto_metrics.TimedStep";
    // SAFETY: all functions are generic over the type's state.
    unsafe { TypeBuilder::new::<TimedStep>(step, c"A step of a timed asynchronous generator.") }
        .standing_in::<TimedStep>()
        .resumable::<TimedStep>()
        .slot(ffi::Py_am_await, itself as *mut c_void)
        .make(py)?;
    let name = c"mephisto_metrics.TimedAsyncGenerator";
    let documentation = c"A timed asynchronous generator.";
    // SAFETY: all functions expect a timed asynchronous generator.
    unsafe { TimedWork::<AsyncGenerator>::type_builder(name, documentation) }
        .slot(ffi::Py_am_aiter, itself as *mut c_void)
        .slot(ffi::Py_am_anext, next_item as *mut c_void)
        .method(c"asend", Method::OneArgument(send), c"Go on with a value.")
        .method(c"athrow", Method::Fast(throw), c"Go on with an exception.")
        .method(c"aclose", Method::NoArguments(close), c"End it where it is suspended.")
        .make(py)?;
    Ok(())
}
