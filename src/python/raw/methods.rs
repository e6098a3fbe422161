//! The methods that are called all the time, as C functions in method descriptors.
//!
//! Each does the usual case itself and hands every other one (keywords, exemplars, missing labels,
//! wrong amounts) on to the Python method of the same name with an underscore.

use std::ffi::CStr;
use std::ptr::null_mut;

use pyo3::ffi::{self, Py_ssize_t, PyObject};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyMappingProxy, PyString, PyType};

use super::label_cache::{Call, MOST_LABELS};
use super::value::{WRITERS, value_of};
use crate::metrics::{Counter, Gauge, Histogram, MetricError, Summary};
use crate::python::core_object::{Core, CoreClass, child_object};
use crate::python::instruments::{CounterCore, GaugeCore, HistogramCore, SummaryCore};

type Arguments = *const *mut PyObject;

/// A method that CPython calls with its arguments in an array.
pub struct ClassMethod {
    name: &'static CStr,
    definition: ffi::PyMethodDef,
}

// SAFETY: never written to after it is made, and all it points to is static.
unsafe impl Sync for ClassMethod {}

impl ClassMethod {
    /// `documentation` begins with the signature, which Python makes a signature of.
    const fn new(
        name: &'static CStr,
        function: ffi::PyCFunctionFastWithKeywords,
        documentation: &'static CStr,
    ) -> Self {
        let definition = ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: function },
            ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
            ml_doc: documentation.as_ptr(),
        };
        Self { name, definition }
    }

    pub const fn without_arguments(
        name: &'static CStr,
        function: ffi::PyCFunction,
        documentation: &'static CStr,
    ) -> Self {
        let definition = ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunction: function },
            ml_flags: ffi::METH_NOARGS,
            ml_doc: documentation.as_ptr(),
        };
        Self { name, definition }
    }

    pub fn add_to<C: CoreClass>(&'static self, py: Python<'_>) -> PyResult<()> {
        let class = py.get_type::<C>();
        // SAFETY: the definition is static, and that of an instance method of `C`.
        let descriptor = unsafe { descriptor(&class, (&raw const self.definition).cast_mut())? };
        class.setattr(self.name.to_string_lossy(), descriptor)
    }
}

const COUNTER_INC: &CStr = c"inc($self, amount=1, exemplar=None)\n--\n\n\
    Add an amount; the newest exemplar is kept. `ValueError` for an amount below zero.";
const GAUGE_INC: &CStr = c"inc($self, amount=1)\n--\n\nAdd an amount.";
const GAUGE_DEC: &CStr = c"dec($self, amount=1)\n--\n\nTake an amount away.";
const GAUGE_SET: &CStr = c"set($self, value)\n--\n\nReplace the value.";
const HISTOGRAM_OBSERVE: &CStr = c"observe($self, amount, exemplar=None)\n--\n\n\
    Count an amount in its bucket; the newest exemplar of each bucket is kept.";
const SUMMARY_OBSERVE: &CStr =
    c"observe($self, amount)\n--\n\nCount an amount, and add it to the sum.";
const LABELS: &CStr = c"labels($self, *labelvalues, **labelkwargs)\n--\n\n\
    Return the child for label values, by position or all by name.\n\n\
    `ValueError` if they are not one for each label name.";

/// A method of `class`.
///
/// # Safety
///
/// The definition lives as long as the process, and its function expects instances of `class`.
unsafe fn descriptor<'py>(
    class: &Bound<'py, PyType>,
    definition: *mut ffi::PyMethodDef,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the caller's promise; CPython only reads the definition.
    unsafe {
        let descriptor = ffi::PyDescr_NewMethod(class.as_type_ptr(), definition);
        Bound::from_owned_ptr_or_err(class.py(), descriptor)
    }
}

/// What a method that is written in C or Rust is defined by; null for any other object.
pub fn definition_of(method: &Bound<'_, PyAny>) -> *mut ffi::PyMethodDef {
    // SAFETY: the type is the exact one, whose instances have this layout.
    unsafe {
        if ffi::Py_TYPE(method.as_ptr()) != &raw mut ffi::PyMethodDescr_Type {
            return null_mut();
        }
        (*method.as_ptr().cast::<ffi::PyMethodDescrObject>()).d_method
    }
}

/// Makes the native methods of a class's base its own, where it has none of that name. Returns the
/// class, so that it can decorate it.
///
/// From Python 3.11 on, a call goes straight to a method's function if the object is of exactly
/// the class that the method was made for, and takes twice as long if it is of a derived one.
#[pyfunction]
#[pyo3(signature = (class, /))]
fn own_methods<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyType>> {
    let py = class.py();
    let base = class.getattr(intern!(py, "__base__"))?;
    let own = class.getattr(intern!(py, "__dict__"))?;
    for item in base.getattr(intern!(py, "__dict__"))?.cast_into::<PyMappingProxy>()?.items()? {
        let (name, method): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let definition = definition_of(&method);
        if !definition.is_null() && !own.contains(&name)? {
            // SAFETY: defined for the base, whose classes are never freed while derived ones live.
            class.setattr(name.cast::<PyString>()?, unsafe { descriptor(class, definition)? })?;
        }
    }
    Ok(class.clone())
}

/// Adds the methods to their classes.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    static COUNTER: [ClassMethod; 2] = [
        ClassMethod::new(c"inc", counter_inc, COUNTER_INC),
        ClassMethod::new(c"labels", labels::<CounterCore>, LABELS),
    ];
    static GAUGE: [ClassMethod; 4] = [
        ClassMethod::new(c"inc", gauge_inc, GAUGE_INC),
        ClassMethod::new(c"dec", gauge_dec, GAUGE_DEC),
        ClassMethod::new(c"set", gauge_set, GAUGE_SET),
        ClassMethod::new(c"labels", labels::<GaugeCore>, LABELS),
    ];
    static HISTOGRAM: [ClassMethod; 2] = [
        ClassMethod::new(c"observe", histogram_observe, HISTOGRAM_OBSERVE),
        ClassMethod::new(c"labels", labels::<HistogramCore>, LABELS),
    ];
    static SUMMARY: [ClassMethod; 2] = [
        ClassMethod::new(c"observe", summary_observe, SUMMARY_OBSERVE),
        ClassMethod::new(c"labels", labels::<SummaryCore>, LABELS),
    ];
    let py = module.py();
    COUNTER.iter().try_for_each(|method| method.add_to::<CounterCore>(py))?;
    GAUGE.iter().try_for_each(|method| method.add_to::<GaugeCore>(py))?;
    HISTOGRAM.iter().try_for_each(|method| method.add_to::<HistogramCore>(py))?;
    SUMMARY.iter().try_for_each(|method| method.add_to::<SummaryCore>(py))?;
    module.add_function(wrap_pyfunction!(own_methods, module)?)
}

/// Writes a method that takes at most one number: the usual case, and what it stands for when
/// nothing is given. What is refused in the usual case is handed on.
macro_rules! number_method {
    ($function:ident, $class:ty, $general:literal, $default:expr, $usual:expr) => {
        unsafe extern "C" fn $function(
            slf: *mut PyObject,
            arguments: Arguments,
            count: Py_ssize_t,
            names: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: CPython calls with the interpreter attached, with an instance of the class
            // that the descriptor belongs to, and with `count` arguments and those in `names`.
            unsafe {
                if let Some(value) = value_of(core_of::<$class>(&slf))
                    && let Some(amount) = only_float(arguments, count, names, $default)
                    && $usual(value, amount).is_ok()
                {
                    return none();
                }
                rarely::<$class>($usual, $general, slf, (arguments, count, names))
            }
        }
    };
}

number_method!(counter_inc, CounterCore, c"_inc", Some(1.0), |counter: &Counter, amount| {
    counter.increment_among(WRITERS, amount)
});
number_method!(gauge_inc, GaugeCore, c"_inc", Some(1.0), |gauge: &Gauge, amount| {
    gauge.increment_among(WRITERS, amount);
    DONE
});
number_method!(gauge_dec, GaugeCore, c"_dec", Some(1.0), |gauge: &Gauge, amount: f64| {
    gauge.increment_among(WRITERS, -amount);
    DONE
});
number_method!(gauge_set, GaugeCore, c"_set", None, |gauge: &Gauge, amount| {
    gauge.set(amount);
    DONE
});
number_method!(
    histogram_observe,
    HistogramCore,
    c"_observe",
    None,
    |histogram: &Histogram, amount| {
        histogram.observe_among(WRITERS, amount);
        DONE
    }
);
number_method!(summary_observe, SummaryCore, c"_observe", None, |summary: &Summary, amount| {
    summary.observe_among(WRITERS, amount);
    DONE
});

/// What a usual case gives that cannot be refused.
const DONE: Result<(), MetricError> = Ok(());

/// Does the usual case with an int, and hands on what is not usual. Kept out of its callers, which
/// would otherwise pay for its stack.
#[inline(never)]
unsafe fn rarely<C: CoreClass>(
    usual: fn(&C::Value, f64) -> Result<(), MetricError>,
    general: &CStr,
    slf: *mut PyObject,
    (arguments, count, names): (Arguments, Py_ssize_t, *mut PyObject),
) -> *mut PyObject {
    // SAFETY: as in `number_method`.
    unsafe {
        if names.is_null()
            && count == 1
            && let Some(value) = value_of(core_of::<C>(&slf))
            && let Some(amount) = int_as_number(*arguments)
            && usual(value, amount).is_ok()
        {
            return none();
        }
        hand_on(general, slf, arguments, count, names)
    }
}

/// `labels` by position or by keyword.
unsafe extern "C" fn labels<C: CoreClass>(
    slf: *mut PyObject,
    arguments: Arguments,
    count: Py_ssize_t,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: as in `number_method`.
    unsafe {
        let py = Python::assume_attached();
        let core = core_of::<C>(&slf);
        let call = call_of(arguments, count, names);
        // By position and by keyword at once is for safe code to refuse.
        let is_mixed = !names.is_null() && count > 0;
        if !is_mixed && let Some(child) = core.cache.find(py, call) {
            return child.into_ptr();
        }
        find_and_remember::<C>(slf, (arguments, count, names), is_mixed)
    }
}

/// The child of a call that the cache does not know.
#[inline(never)]
unsafe fn find_and_remember<C: CoreClass>(
    slf: *mut PyObject,
    (arguments, count, names): (Arguments, Py_ssize_t, *mut PyObject),
    is_mixed: bool,
) -> *mut PyObject {
    // SAFETY: as in `number_method`.
    unsafe {
        let py = Python::assume_attached();
        let cache = &core_of::<C>(&slf).cache;
        let call = call_of(arguments, count, names);
        let generation = cache.generation();
        let child = match find_by_text::<C>(py, slf, call, is_mixed) {
            Some(Ok(child)) => child,
            Some(Err(error)) => {
                error.restore(py);
                return null_mut();
            }
            None => {
                let child = hand_on(c"_labels", slf, arguments, count, names);
                let Some(child) = Bound::from_owned_ptr_or_opt(py, child) else {
                    return null_mut();
                };
                child
            }
        };
        if call.values.iter().all(|value| is_always_the_same_text(*value)) {
            cache.remember(call, &child, generation);
        }
        child.into_ptr()
    }
}

/// The child for strings by position, as many as there are label names.
unsafe fn find_by_text<'py, C: CoreClass>(
    py: Python<'py>,
    slf: *mut PyObject,
    call: Call<'_>,
    is_mixed: bool,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    // SAFETY: the object and the arguments are alive during the call.
    let parent = unsafe { Bound::from_borrowed_ptr(py, slf).cast_into_unchecked::<C>() };
    let core = parent.get().core();
    let label_count = core.description().ok()?.label_names.len();
    if is_mixed
        || !call.names.is_null()
        || call.values.len() != label_count
        || core.child().is_some()
    {
        return None;
    }
    let mut texts = [""; MOST_LABELS];
    let texts = texts.get_mut(..label_count)?;
    for (text, value) in texts.iter_mut().zip(call.values) {
        // SAFETY: as above; the texts are used during the call only.
        *text = unsafe { text_of(*value)? };
    }
    Some(child_object(&parent, texts))
}

/// The text of an exact string.
///
/// # Safety
///
/// The string is alive for `'a`.
unsafe fn text_of<'a>(value: *mut PyObject) -> Option<&'a str> {
    // SAFETY: the string keeps its UTF-8 form for its own life.
    unsafe {
        if ffi::PyUnicode_CheckExact(value) == 0 {
            return None;
        }
        let mut size = 0;
        let start = ffi::PyUnicode_AsUTF8AndSize(value, &raw mut size);
        if start.is_null() {
            // Half of a surrogate pair; the general method says so again.
            ffi::PyErr_Clear();
            return None;
        }
        let bytes = std::slice::from_raw_parts(start.cast(), usize::try_from(size).ok()?);
        Some(std::str::from_utf8_unchecked(bytes))
    }
}

/// The core of a method's object.
///
/// # Safety
///
/// `slf` is an instance of `C`, alive for as long as the result is used.
#[inline]
unsafe fn core_of<C: CoreClass>(slf: &*mut PyObject) -> &Core<C::Value> {
    // SAFETY: a `Py` is a pointer and nothing else, and the caller vouches for the class.
    let object = unsafe { &*std::ptr::from_ref(slf).cast::<Py<C>>() };
    object.get().core()
}

/// The only argument of a call where it is a float, or `default` where there is none; nothing where
/// the call is of another form.
#[inline]
unsafe fn only_float(
    arguments: Arguments,
    count: Py_ssize_t,
    names: *mut PyObject,
    default: Option<f64>,
) -> Option<f64> {
    if !names.is_null() || count > 1 {
        return None;
    }
    if count == 0 {
        return default;
    }
    // SAFETY: there is one argument, alive during the call.
    unsafe {
        let argument = *arguments;
        (ffi::PyFloat_CheckExact(argument) != 0).then(|| ffi::PyFloat_AS_DOUBLE(argument))
    }
}

/// An int as a number; nothing for any other object, and where it is too large.
#[inline(never)]
unsafe fn int_as_number(argument: *mut PyObject) -> Option<f64> {
    // SAFETY: the argument is alive during the call; what is asked of an int runs no Python code.
    unsafe {
        if ffi::PyLong_CheckExact(argument) == 0 {
            return None;
        }
        let number = ffi::PyLong_AsDouble(argument);
        if !ffi::PyErr_Occurred().is_null() {
            // The general method says so again.
            ffi::PyErr_Clear();
            return None;
        }
        Some(number)
    }
}

/// Whether `str()` of an object gives the same text each time without running Python code.
unsafe fn is_always_the_same_text(value: *mut PyObject) -> bool {
    // SAFETY: the argument is alive during the call.
    unsafe { ffi::PyUnicode_CheckExact(value) != 0 || ffi::PyLong_CheckExact(value) != 0 }
}

unsafe fn call_of<'a>(arguments: Arguments, count: Py_ssize_t, names: *mut PyObject) -> Call<'a> {
    // SAFETY: CPython passes `count` arguments and behind them one for each name.
    unsafe {
        let keyword_count = if names.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(names) };
        let all = usize::try_from(count + keyword_count).unwrap_or_default();
        Call { values: slice_of(arguments, all), names }
    }
}

/// An array of arguments, which may be null where there are none.
unsafe fn slice_of<'a>(arguments: Arguments, count: usize) -> &'a [*mut PyObject] {
    if count == 0 {
        return &[];
    }
    // SAFETY: the caller vouches for `count` arguments.
    unsafe { std::slice::from_raw_parts(arguments, count) }
}

/// Calls the method `name` with the same arguments.
#[cold]
#[inline(never)]
unsafe fn hand_on(
    name: &CStr,
    slf: *mut PyObject,
    arguments: Arguments,
    count: Py_ssize_t,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: as in `number_method`; the array below is alive during the call.
    unsafe {
        let name = ffi::PyUnicode_InternFromString(name.as_ptr());
        if name.is_null() {
            return null_mut();
        }
        let mut all = vec![slf];
        all.extend_from_slice(call_of(arguments, count, names).values);
        let positional = usize::try_from(count).unwrap_or_default() + 1;
        let result = ffi::PyObject_VectorcallMethod(name, all.as_ptr(), positional, names);
        ffi::Py_DECREF(name);
        result
    }
}

#[inline]
unsafe fn none() -> *mut PyObject {
    // SAFETY: the caller has the interpreter attached.
    unsafe {
        let none = ffi::Py_None();
        // Immortal since 3.12, where counting its references would be a call for nothing.
        #[cfg(not(Py_3_12))]
        ffi::Py_INCREF(none);
        none
    }
}
