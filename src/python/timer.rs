//! Timing of blocks and calls.

use std::time::Instant;

use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::instruments::Histogram;

/// What `Histogram.time()` returns: a context manager and a decorator that observe seconds.
#[pyclass(frozen, module = "mephisto_metrics")]
pub struct Timer {
    histogram: Py<Histogram>,
    // A stack, because the same timer may be entered again before it is left.
    entered: Mutex<Vec<Instant>>,
}

impl Timer {
    pub fn new(histogram: Py<Histogram>) -> Self {
        Self { histogram, entered: Mutex::new(Vec::new()) }
    }
}

#[pymethods]
impl Timer {
    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf.entered.lock().push(Instant::now());
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        let started = self.entered.lock().pop();
        let started = started.ok_or_else(|| PyRuntimeError::new_err("timer was not entered"))?;
        self.histogram.get().observe_seconds(started.elapsed().as_secs_f64())
    }

    fn __call__(&self, py: Python<'_>, function: Py<PyAny>) -> PyResult<Py<TimedFunction>> {
        TimedFunction::wrap(py, function, self.histogram.clone_ref(py))
    }
}

/// A function whose calls are timed; binds as a method where it stands in a class.
#[pyclass(frozen, dict, weakref, module = "mephisto_metrics")]
pub struct TimedFunction {
    function: Py<PyAny>,
    histogram: Py<Histogram>,
}

impl TimedFunction {
    /// Wraps `function` and takes over its name, documentation and `__wrapped__`.
    fn wrap(py: Python<'_>, function: Py<PyAny>, histogram: Py<Histogram>) -> PyResult<Py<Self>> {
        let timed = Py::new(py, Self { function: function.clone_ref(py), histogram })?;
        py.import("functools")?.call_method1("update_wrapper", (&timed, function))?;
        Ok(timed)
    }
}

#[pymethods]
impl TimedFunction {
    #[new]
    fn new(py: Python<'_>, function: Py<PyAny>, histogram: Py<Histogram>) -> PyResult<Py<Self>> {
        Self::wrap(py, function, histogram)
    }

    #[pyo3(signature = (*arguments, **keywords))]
    fn __call__(
        &self,
        py: Python<'_>,
        arguments: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let started = Instant::now();
        let result = self.function.call(py, arguments, keywords);
        self.histogram.get().observe_seconds(started.elapsed().as_secs_f64())?;
        result
    }

    fn __get__(
        slf: &Bound<'_, Self>,
        instance: &Bound<'_, PyAny>,
        _owner: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        if instance.is_none() {
            return Ok(slf.clone().into_any().unbind());
        }
        let method = slf.py().import("types")?.getattr("MethodType")?;
        Ok(method.call1((slf, instance))?.unbind())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<timed {}>", self.function.bind(py).repr()?))
    }
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Timer>()?;
    module.add_class::<TimedFunction>()
}
