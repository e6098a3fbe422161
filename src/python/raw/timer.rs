//! What `time()` of a metric returns: a context manager and decorator that observes seconds.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::python::interned::interned;
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::class_method::ClassMethod;
use super::clock::{now_ticks, seconds_since};
use super::observer::{Observed, Observer};
use super::owned::Owned;
use super::types::{Class, Method, State, TypeBuilder, allocate, offset_in_object, state_of};
use crate::python::instruments::{HistogramCore, SummaryCore};

static CLASS: Class = Class::new();
static BLOCK_METHOD_CLASS: Class = Class::new();
const ENTER_ARGUMENTS: ffi::Py_ssize_t = 0;
const EXIT_ARGUMENTS: ffi::Py_ssize_t = 3;
const NOT_ENTERED: u64 = u64::MAX;

/// For one block at a time; as a decorator for any number of calls.
struct Timer {
    vectorcall: ffi::vectorcallfunc,
    observer: Observer,
    /// What `labels` has chosen instead.
    child: OnceLock<Observer>,
    entered_ticks: AtomicU64,
    /// The bits of a float, NaN until a block has ended.
    duration_seconds: AtomicU64,
}

impl Timer {
    fn new(observer: Observer) -> Self {
        Self {
            vectorcall: call,
            observer,
            child: OnceLock::new(),
            entered_ticks: AtomicU64::new(NOT_ENTERED),
            duration_seconds: AtomicU64::new(f64::NAN.to_bits()),
        }
    }

    #[inline]
    fn observer(&self) -> &Observer {
        self.child.get().unwrap_or(&self.observer)
    }
}

impl State for Timer {
    const CLASS: &'static Class = &CLASS;
    // It refers to a metric only, and a metric has no reason to keep its timer.
    const IS_COLLECTED: bool = false;

    unsafe fn traverse(&self, _: ffi::visitproc, _: *mut c_void) -> c_int {
        0
    }

    unsafe fn on_deallocation(&self, _: *mut ffi::PyObject) {}
}

/// A call without arguments enters a block, one with three leaves it, and one with a function
/// decorates that.
///
/// So the timer itself can be what a `with` finds when it looks for `__enter__` and `__exit__`,
/// which saves making two bound methods for each block.
unsafe extern "C" fn call(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and the arguments of a vectorcall.
    unsafe {
        match ffi::PyVectorcall_NARGS(count) {
            _ if !names.is_null() => refuse(c"a timer takes no keyword arguments"),
            ENTER_ARGUMENTS => enter(object),
            EXIT_ARGUMENTS => exit(state_of(object)),
            1 => answer(decorate(
                state_of(object),
                &Owned::from_borrowed(NonNull::new_unchecked(*arguments)),
            )),
            _ => refuse(c"a timer is called with one function to decorate"),
        }
    }
}

unsafe fn enter(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called with an instance.
    unsafe {
        state_of::<Timer>(object).entered_ticks.store(now_ticks(), Ordering::Relaxed);
        ffi::compat::Py_NewRef(object)
    }
}

unsafe fn exit(timer: &Timer) -> *mut ffi::PyObject {
    let entered_ticks = timer.entered_ticks.load(Ordering::Relaxed);
    if entered_ticks == NOT_ENTERED {
        return raise(PyRuntimeError::new_err("timer was not entered"));
    }
    let seconds = seconds_since(entered_ticks);
    timer.duration_seconds.store(seconds.to_bits(), Ordering::Relaxed);
    // SAFETY: called by the interpreter, so that the thread is attached.
    match unsafe { timer.observer().try_observe(seconds) } {
        // SAFETY: as above.
        Ok(()) => unsafe { ffi::compat::Py_NewRef(ffi::Py_None()) },
        Err(error) => raise(error),
    }
}

#[cold]
fn refuse(reason: &CStr) -> *mut ffi::PyObject {
    // SAFETY: called in answer to a call, so that the thread is attached.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_TypeError, reason.as_ptr()) };
    ptr::null_mut()
}

#[cold]
fn raise(error: PyErr) -> *mut ffi::PyObject {
    Python::attach(|py| error.restore(py));
    ptr::null_mut()
}

unsafe extern "C" fn duration(object: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance.
    unsafe {
        let bits = state_of::<Timer>(object).duration_seconds.load(Ordering::Relaxed);
        let seconds = f64::from_bits(bits);
        if seconds.is_nan() {
            return ffi::compat::Py_NewRef(ffi::Py_None());
        }
        ffi::PyFloat_FromDouble(seconds)
    }
}

/// `labels`: chooses the child of the metric that is observed, even within the block.
unsafe extern "C" fn labels(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and the arguments of a call.
    unsafe {
        let timer = state_of::<Timer>(object);
        let metric = timer.observer().metric().as_ptr();
        let method = ffi::PyObject_GetAttrString(metric, c"labels".as_ptr());
        if method.is_null() {
            return method;
        }
        let child = ffi::PyObject_Vectorcall(method, arguments, count.cast_unsigned(), names);
        ffi::Py_DECREF(method);
        let Some(child) = NonNull::new(child) else { return ptr::null_mut() };
        answer(choose(timer, &Owned::from_new(child)))
    }
}

fn choose(timer: &Timer, child: &Owned) -> PyResult<Owned> {
    Python::attach(|py| {
        let method = timer.observer().method(py);
        let observer = Observer::new(child.bind(py), method.cast::<PyString>()?)?;
        // A metric that has labels refuses further ones, so that nothing is here yet.
        let _ = timer.child.set(observer);
        Ok(Owned::from(py.None().into_bound(py)))
    })
}

fn answer(result: PyResult<Owned>) -> *mut ffi::PyObject {
    match result {
        Ok(object) => object.into_ptr(),
        Err(error) => raise(error),
    }
}

/// `Timer(metric, callback_name)`, as `prometheus_client` makes them.
unsafe extern "C" fn make(
    _: *mut ffi::PyTypeObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let [mut metric, mut callback] = [ptr::null_mut(); 2];
    let mut names =
        [c"metric".as_ptr().cast_mut(), c"callback_name".as_ptr().cast_mut(), ptr::null_mut()];
    // SAFETY: called by the interpreter with a tuple, and a dictionary or null; there is a place
    // for each of the two objects that the format asks for, and the names end with null.
    let is_parsed = unsafe {
        ffi::PyArg_ParseTupleAndKeywords(
            arguments,
            keywords,
            c"OU:Timer".as_ptr(),
            names.as_mut_ptr().cast(),
            &raw mut metric,
            &raw mut callback,
        )
    };
    if is_parsed == 0 {
        return ptr::null_mut();
    }
    answer(Python::attach(|py| {
        // SAFETY: whoever calls keeps the arguments alive.
        let (metric, callback) = unsafe {
            (Bound::from_borrowed_ptr(py, metric), Bound::from_borrowed_ptr(py, callback))
        };
        timer_of(&metric, callback.cast::<PyString>()?)
    }))
}

fn timer_of(metric: &Bound<'_, PyAny>, callback: &Bound<'_, PyString>) -> PyResult<Owned> {
    let observer = Observer::new(metric, callback)?;
    // SAFETY: attached, as `metric` proves; `add_to` has made the class before any call.
    let timer =
        unsafe { Bound::from_owned_ptr_or_err(metric.py(), allocate(Timer::new(observer)))? };
    Ok(Owned::from(timer))
}

/// `time` of a histogram or summary.
unsafe extern "C" fn time<C: Observed>(
    metric: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance of the class that has the method.
    unsafe {
        let py = Python::assume_attached();
        let metric = Bound::from_borrowed_ptr(py, metric).cast_into_unchecked::<C>();
        match Observer::native(&metric) {
            Ok(Some(observer)) => allocate(Timer::new(observer)),
            Ok(None) => answer(timer_of(metric.as_any(), interned!(py, "observe"))),
            Err(error) => raise(error),
        }
    }
}

/// Times every call of a function.
fn decorate(timer: &Timer, function: &Owned) -> PyResult<Owned> {
    Python::attach(|py| {
        let observer = timer.observer();
        let arguments = (function.bind(py), observer.metric().bind(py), observer.method(py));
        let module = py.import(interned!(py, "mephisto_metrics.timing"))?;
        Ok(Owned::from(module.call_method1(interned!(py, "time_calls_of"), arguments)?))
    })
}

/// `__enter__` or `__exit__` in the class of timers.
struct BlockMethod {
    vectorcall: ffi::vectorcallfunc,
    argument_count: ffi::Py_ssize_t,
}

impl State for BlockMethod {
    const CLASS: &'static Class = &BLOCK_METHOD_CLASS;
    const IS_COLLECTED: bool = false;

    unsafe fn traverse(&self, _: ffi::visitproc, _: *mut c_void) -> c_int {
        0
    }

    unsafe fn on_deallocation(&self, _: *mut ffi::PyObject) {}
}

/// `__get__`: on a timer the timer itself, which is called in either's place.
unsafe extern "C" fn bind(
    object: *mut ffi::PyObject,
    timer: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance, and an object or null.
    unsafe { ffi::compat::Py_NewRef(if timer.is_null() { object } else { timer }) }
}

/// A call of what is found in the class: the timer comes first.
unsafe extern "C" fn call_unbound(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with an instance and the arguments of a vectorcall.
    unsafe {
        let expected = state_of::<BlockMethod>(object).argument_count;
        if ffi::PyVectorcall_NARGS(count) != expected + 1
            || ffi::Py_TYPE(*arguments) != CLASS.as_ptr()
        {
            return refuse(c"expected a timer, and what a `with` statement passes");
        }
        call(*arguments, arguments.add(1), expected.cast_unsigned(), names)
    }
}

fn block_method(py: Python<'_>, argument_count: ffi::Py_ssize_t) -> PyResult<Bound<'_, PyAny>> {
    let method = BlockMethod { vectorcall: call_unbound, argument_count };
    // SAFETY: attached, as `py` proves; `add_to` has made the class.
    unsafe { Bound::from_owned_ptr_or_err(py, allocate(method)) }
}

/// Adds the type to the module, and `time` to the metrics that are observed.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    const DOCUMENTATION: &CStr =
        c"time($self, /)\n--\n\nReturn a context manager and decorator that observes seconds.";
    static HISTOGRAM_TIME: ClassMethod =
        ClassMethod::without_arguments(c"time", time::<HistogramCore>, DOCUMENTATION);
    static SUMMARY_TIME: ClassMethod =
        ClassMethod::without_arguments(c"time", time::<SummaryCore>, DOCUMENTATION);
    let py = module.py();
    HISTOGRAM_TIME.add_to::<HistogramCore>(py)?;
    SUMMARY_TIME.add_to::<SummaryCore>(py)?;
    // SAFETY: all functions expect a `BlockMethod`.
    unsafe { TypeBuilder::new::<BlockMethod>(c"mephisto_metrics.BlockMethod", c"Of a timer.") }
        .callable(offset_in_object!(BlockMethod, vectorcall))
        .slot(ffi::Py_tp_descr_get, bind as *mut c_void)
        .make(py)?;
    let documentation = c"Timer(metric, callback_name)\n--\n\n\
        Observes how long a block or each call of a function takes, in seconds.";
    let labels_documentation = c"labels($self, /, *args, **kw)\n--\n\nChoose the child to observe.";
    // SAFETY: all functions expect a `Timer`.
    let class = unsafe { TypeBuilder::new::<Timer>(c"mephisto_metrics.Timer", documentation) }
        .slot(ffi::Py_tp_new, make as *mut c_void)
        .callable(offset_in_object!(Timer, vectorcall))
        .method(c"labels", Method::FastWithKeywords(labels), labels_documentation)
        .attribute(c"duration", duration)
        .make(py)?;
    class.setattr("__enter__", block_method(py, ENTER_ARGUMENTS)?)?;
    class.setattr("__exit__", block_method(py, EXIT_ARGUMENTS)?)?;
    module.add("Timer", class)
}
