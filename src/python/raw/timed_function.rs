//! A function whose calls are timed.
//!
//! It implements the vectorcall protocol and hands the arguments on as they are, and it is a
//! method descriptor, so that calling it on an instance makes no bound method.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};

use crate::python::interned::interned;
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::clock::{now_ticks, seconds_since};
use super::observer::Observer;
use super::owned::Owned;
use super::raised_apart::RaisedApart;
use super::stand_in::StandIn;
use super::timed_async_generator::AsyncGenerator;
use super::timed_await::Coroutine;
use super::timed_generator::Generator;
use super::timed_work::{Kind, TimedWork};
use super::types::{Class, Method, State, TypeBuilder, allocate, offset_in_object, state_of};

static CLASS: Class = Class::new();

unsafe extern "C" {
    // Not among PyO3's declarations.
    fn PyMethod_New(
        function: *mut ffi::PyObject,
        instance: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

struct TimedFunction {
    vectorcall: ffi::vectorcallfunc,
    function: Owned,
    target: Target,
    dictionary: UnsafeCell<*mut ffi::PyObject>,
    weak_references: UnsafeCell<*mut ffi::PyObject>,
}

/// What observes the calls.
enum Target {
    /// The same for all.
    Fixed(Observer),
    /// What this callable returns for a call's arguments; its `observe` is called.
    Chosen(Owned),
}

impl State for TimedFunction {
    const CLASS: &'static Class = &CLASS;

    unsafe fn traverse(&self, visit: ffi::visitproc, argument: *mut c_void) -> c_int {
        // SAFETY: the caller's promise; the interpreter keeps the dictionary in its field.
        unsafe {
            let mut stopped = self.function.traverse(visit, argument);
            if stopped == 0 {
                stopped = match &self.target {
                    Target::Fixed(observer) => observer.traverse(visit, argument),
                    Target::Chosen(choose) => choose.traverse(visit, argument),
                };
            }
            let dictionary = *self.dictionary.get();
            if stopped == 0 && !dictionary.is_null() {
                stopped = visit(dictionary, argument);
            }
            stopped
        }
    }

    unsafe fn on_deallocation(&self, object: *mut ffi::PyObject) {
        // SAFETY: the caller's promise; the reference to the dictionary is the object's.
        unsafe {
            if !(*self.weak_references.get()).is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            ffi::Py_XDECREF(*self.dictionary.get());
        }
    }
}

impl StandIn for TimedFunction {
    fn inner(&self) -> *mut ffi::PyObject {
        self.function.as_ptr()
    }
}

impl TimedFunction {
    /// Calls the function as it was called itself.
    ///
    /// # Safety
    /// The arguments are those of a vectorcall.
    #[inline]
    unsafe fn forward(
        &self,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        let function = self.function.as_ptr();
        // SAFETY: the caller's promise; functions in Python are laid out like that. What they
        // return is checked by who has called us.
        unsafe {
            if ffi::Py_TYPE(function) == &raw mut ffi::PyFunction_Type
                && let Some(call) = (*function.cast::<ffi::PyFunctionObject>()).vectorcall
            {
                return call(function, arguments, count, names);
            }
            ffi::PyObject_Vectorcall(function, arguments, count, names)
        }
    }

    /// Calls the function and takes the time.
    ///
    /// # Safety
    /// The arguments are those of a vectorcall.
    #[inline]
    unsafe fn observed(
        &self,
        observer: &Observer,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        unsafe {
            let began_ticks = now_ticks();
            let result = self.forward(arguments, count, names);
            let seconds = seconds_since(began_ticks);
            if !result.is_null() || !is_refusal_of_arguments(&self.function) {
                observer.observe(seconds);
            }
            result
        }
    }

    /// What observes a call with these arguments; nothing, with an exception set, if choosing it
    /// was interrupted.
    ///
    /// # Safety
    /// The arguments are those of a vectorcall.
    #[inline]
    unsafe fn observer(
        &self,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        names: *mut ffi::PyObject,
    ) -> Option<Observer> {
        match &self.target {
            Target::Fixed(observer) => Some(observer.clone()),
            // SAFETY: the caller's promise.
            Target::Chosen(choose) => unsafe {
                let metric = ffi::PyObject_Vectorcall(choose.as_ptr(), arguments, count, names);
                observer_of_chosen(&Owned::from_new(NonNull::new(metric)?))
            },
        }
    }
}

#[cold]
fn observer_of_chosen(metric: &Owned) -> Option<Observer> {
    Python::attach(|py| {
        let observe = interned!(py, "observe");
        Observer::new(metric.bind(py), observe).map_err(|error| error.restore(py)).ok()
    })
}

unsafe extern "C" fn call_function(
    callable: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and the arguments of a vectorcall; the
    // caller keeps the instance alive.
    unsafe {
        let timed = state_of::<TimedFunction>(callable);
        if let Target::Fixed(observer) = &timed.target {
            return timed.observed(observer, arguments, count, names);
        }
        match timed.observer(arguments, count, names) {
            Some(observer) => timed.observed(&observer, arguments, count, names),
            None => ptr::null_mut(),
        }
    }
}

/// Whether the exception that is set says that a Python function does not take such arguments: a
/// `TypeError` from before its first line. Such a call never began.
///
/// What has no code in Python has no lines: of a `TypeError` nobody can tell whether it began.
///
/// # Safety
/// An exception is set, and the thread is attached.
#[cold]
unsafe fn is_refusal_of_arguments(function: &Owned) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let py = Python::assume_attached();
        let raised = RaisedApart::new(py);
        raised.has_no_traceback()
            && ffi::PyErr_GivenExceptionMatches(raised.kind(), ffi::PyExc_TypeError) != 0
            && function.bind(py).hasattr(interned!(py, "__code__")).unwrap_or(false)
    }
}

unsafe extern "C" fn call_and_wrap<K: Kind>(
    callable: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as above.
    unsafe {
        let timed = state_of::<TimedFunction>(callable);
        let Some(observer) = timed.observer(arguments, count, names) else {
            return ptr::null_mut();
        };
        let Some(called) = NonNull::new(timed.forward(arguments, count, names)) else {
            return ptr::null_mut();
        };
        TimedWork::<K>::wrap(Owned::from_new(called), observer)
    }
}

/// `__get__`: a bound method on an instance, itself on a class.
unsafe extern "C" fn bind(
    object: *mut ffi::PyObject,
    instance: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance, and an object, None or null.
    unsafe {
        if instance.is_null() || instance == ffi::Py_None() {
            ffi::compat::Py_NewRef(object)
        } else {
            PyMethod_New(object, instance)
        }
    }
}

/// `__reduce__`: pickled and copied as functions are, by name.
unsafe extern "C" fn qualified_name(
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe { ffi::PyObject_GetAttrString(object, c"__qualname__".as_ptr()) }
}

/// Returns `function` timed, in the way that its `form` wants: "function", "coroutine",
/// "generator" or "async generator". Each time is given to the method `method` of `metric`.
#[pyfunction]
#[pyo3(signature = (function, form, metric, method, /))]
fn time_calls<'py>(
    function: Bound<'py, PyAny>,
    form: &str,
    metric: &Bound<'py, PyAny>,
    method: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    let observer = Observer::new(metric, method)?;
    make(function, form, Target::Fixed(observer))
}

/// As `time_calls`; each time is observed in the metric that `choose` returns for the arguments.
#[pyfunction]
#[pyo3(signature = (function, form, choose, /))]
fn time_calls_by_choice<'py>(
    function: Bound<'py, PyAny>,
    form: &str,
    choose: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    make(function, form, Target::Chosen(choose.into()))
}

fn make<'py>(
    function: Bound<'py, PyAny>,
    form: &str,
    target: Target,
) -> PyResult<Bound<'py, PyAny>> {
    let vectorcall: ffi::vectorcallfunc = match form {
        "function" => call_function,
        "coroutine" => call_and_wrap::<Coroutine>,
        "generator" => call_and_wrap::<Generator>,
        "async generator" => call_and_wrap::<AsyncGenerator>,
        _ => return Err(PyValueError::new_err(format!("there is no form {form:?} of functions"))),
    };
    let py = function.py();
    let timed = TimedFunction {
        vectorcall,
        function: function.into(),
        target,
        dictionary: UnsafeCell::new(ptr::null_mut()),
        weak_references: UnsafeCell::new(ptr::null_mut()),
    };
    // SAFETY: attached, as `py` proves; `add_to` has made the class before any call.
    unsafe { Bound::from_owned_ptr_or_err(py, allocate(timed)) }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let (name, documentation) = (c"mephisto_metrics.TimedFunction", c"A function that is timed.");
    // SAFETY: all functions expect a `TimedFunction`.
    let class = unsafe { TypeBuilder::new::<TimedFunction>(name, documentation) }
        .flag(ffi::Py_TPFLAGS_METHOD_DESCRIPTOR)
        .unchanging()
        .standing_in::<TimedFunction>()
        .slot(ffi::Py_tp_descr_get, bind as *mut c_void)
        .method(c"__reduce__", Method::NoArguments(qualified_name), c"Pickle it by name.")
        .dictionary()
        .callable(offset_in_object!(TimedFunction, vectorcall))
        .offset(c"__dictoffset__", offset_in_object!(TimedFunction, dictionary))
        .offset(c"__weaklistoffset__", offset_in_object!(TimedFunction, weak_references))
        .make(module.py())?;
    module.add("TimedFunction", class)?;
    module.add_function(wrap_pyfunction!(time_calls, module)?)?;
    module.add_function(wrap_pyfunction!(time_calls_by_choice, module)?)
}
