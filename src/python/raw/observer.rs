//! Where a time goes.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::python::interned::interned;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::class_method::definition_of;
use super::owned::Owned;
use super::raised_apart::RaisedApart;
use super::value::{WRITERS, value_of};
use crate::python::core_object::{Core, CoreClass};
use crate::python::instruments::{HistogramCore, SummaryCore};

/// A metric, and what is done with it once a time is known.
#[derive(Clone)]
pub enum Observer {
    /// One of our histograms, with its labels: observed without Python.
    Histogram(Owned),
    /// One of our summaries, with its labels: the same.
    Summary(Owned),
    /// Any other object: the method with that name is called with the seconds.
    Method(Owned, Owned),
}

impl Observer {
    /// Decides how `metric` is told of a time: by its method `method`, or by what that would do.
    pub fn new(metric: &Bound<'_, PyAny>, method: &Bound<'_, PyString>) -> PyResult<Self> {
        if method.to_str()? == "observe" {
            let native = match (metric.cast::<HistogramCore>(), metric.cast::<SummaryCore>()) {
                (Ok(histogram), _) => Self::native(histogram)?,
                (_, Ok(summary)) => Self::native(summary)?,
                _ => None,
            };
            if let Some(native) = native {
                return Ok(native);
            }
        }
        let [metric, method] = [metric, method.as_any()].map(|object| Owned::from(object.clone()));
        Ok(Self::Method(metric, method))
    }

    /// Tells the metric of a time. Of what fails the interpreter is told as of other errors that
    /// nobody can catch, because the call that was timed must not fail for it.
    ///
    /// # Safety
    /// The thread is attached.
    #[inline]
    pub unsafe fn observe(&self, seconds: f64) {
        // SAFETY: the caller's promise.
        if let Err(error) = unsafe { self.try_observe(seconds) } {
            report(error, self);
        }
    }

    /// Tells the metric of a time; an error is one of the metric's method.
    ///
    /// # Safety
    /// The thread is attached.
    #[inline]
    pub unsafe fn try_observe(&self, seconds: f64) -> PyResult<()> {
        match self {
            Self::Histogram(metric) => {
                // SAFETY: `new` has seen the class; the caller's promise.
                if let Some(histogram) = value_of(unsafe { core_of::<HistogramCore>(metric) }) {
                    histogram.observe_among(WRITERS, seconds);
                }
            }
            Self::Summary(metric) => {
                // SAFETY: as above.
                if let Some(summary) = value_of(unsafe { core_of::<SummaryCore>(metric) }) {
                    summary.observe_among(WRITERS, seconds);
                }
            }
            Self::Method(metric, method) => return call_method(metric, method, seconds),
        }
        Ok(())
    }

    /// The metric.
    pub fn metric(&self) -> &Owned {
        let (Self::Histogram(metric) | Self::Summary(metric) | Self::Method(metric, _)) = self;
        metric
    }

    /// The name of the method that stands for what is done.
    pub fn method<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match self {
            Self::Method(_, method) => method.bind(py).clone(),
            _ => interned!(py, "observe").clone().into_any(),
        }
    }

    /// Shows what it refers to to the garbage collector.
    ///
    /// # Safety
    /// `visit` and `argument` are those of a `tp_traverse` that is running.
    pub unsafe fn traverse(&self, visit: ffi::visitproc, argument: *mut c_void) -> c_int {
        // SAFETY: the caller's promise.
        unsafe { self.metric().traverse(visit, argument) }
    }
}

/// A class whose `observe` is native.
pub trait Observed: CoreClass {
    /// The version of a class that was last seen to have not replaced `observe`; zero for none.
    ///
    /// No two classes ever have the same version, and one that is changed gets another.
    const NATIVE_VERSION: &'static AtomicU32;
    /// The way to tell it of a time.
    const OBSERVER: fn(Owned) -> Observer;
}

impl Observed for HistogramCore {
    const NATIVE_VERSION: &'static AtomicU32 = {
        static VERSION: AtomicU32 = AtomicU32::new(0);
        &VERSION
    };
    const OBSERVER: fn(Owned) -> Observer = Observer::Histogram;
}

impl Observed for SummaryCore {
    const NATIVE_VERSION: &'static AtomicU32 = {
        static VERSION: AtomicU32 = AtomicU32::new(0);
        &VERSION
    };
    const OBSERVER: fn(Owned) -> Observer = Observer::Summary;
}

impl Observer {
    /// The native way for `metric`, if neither its class nor itself has replaced `observe` and it
    /// has its labels.
    #[inline]
    pub fn native<C: Observed>(metric: &Bound<'_, C>) -> PyResult<Option<Self>> {
        let core = metric.get().core();
        let is_native = core.child().is_some()
            && !core.replaces_observe.load(Ordering::Relaxed)
            && has_native_observe(metric)?;
        Ok(is_native.then(|| C::OBSERVER(Owned::from(metric.clone().into_any()))))
    }
}

#[inline]
fn has_native_observe<C: Observed>(metric: &Bound<'_, C>) -> PyResult<bool> {
    // SAFETY: the metric keeps its class alive; without a GIL the interpreter changes the version
    // by atomic stores.
    let version = unsafe {
        let version = &raw mut (*ffi::Py_TYPE(metric.as_ptr())).tp_version_tag;
        AtomicU32::from_ptr(version).load(Ordering::Relaxed)
    };
    if version != 0 && C::NATIVE_VERSION.load(Ordering::Relaxed) == version {
        return Ok(true);
    }
    let py = metric.py();
    let observe = interned!(py, "observe");
    let (class, native_class) = (metric.as_any().get_type(), py.get_type::<C>());
    // The same definition stands behind the methods of derived classes that `own_methods` makes.
    let definition = definition_of(&class.getattr(observe)?);
    let is_native = definition == definition_of(&native_class.getattr(observe)?);
    if is_native {
        C::NATIVE_VERSION.store(version, Ordering::Relaxed);
    }
    Ok(is_native)
}

/// The core of a metric.
///
/// # Safety
/// The metric is an instance of `C`, and the thread is attached.
#[inline]
unsafe fn core_of<C: CoreClass>(metric: &Owned) -> &Core<C::Value> {
    // SAFETY: a `Py` is a pointer and nothing else, as an `Owned` is; the caller's promise.
    unsafe { &*ptr::from_ref(metric).cast::<Py<C>>() }.get().core()
}

#[cold]
fn call_method(metric: &Owned, method: &Owned, seconds: f64) -> PyResult<()> {
    Python::attach(|py| {
        let _raised = RaisedApart::new(py);
        let method = method.bind(py).cast::<PyString>()?;
        metric.bind(py).call_method1(method, (seconds,))?;
        Ok(())
    })
}

#[cold]
fn report(error: PyErr, observer: &Observer) {
    Python::attach(|py| {
        let _raised = RaisedApart::new(py);
        error.write_unraisable(py, Some(observer.metric().bind(py)));
    });
}
