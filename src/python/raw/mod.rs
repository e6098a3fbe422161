//! The one place for `unsafe`: what PyO3's classes cannot do, or not as fast.
//!
//! Calls that a task makes a million times go around PyO3's wrappers: they are plain C functions
//! in method descriptors, which take their arguments as CPython passes them. All else, errors
//! included, is handed on to safe code.
#![allow(unsafe_code)]

mod class_method;
mod clock;
pub mod companion;
mod fork;
mod label_cache;
mod methods;
mod observer;
mod owned;
mod raised_apart;
mod resumable;
mod resumption;
mod stand_in;
mod stopwatch;
mod timed_async_generator;
mod timed_await;
mod timed_function;
mod timed_generator;
mod timed_work;
mod timer;
mod types;
mod value;

use pyo3::prelude::*;

pub use companion::new_object;
pub use label_cache::LabelCache;

/// Adds what this module defines to the Python module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    fork::watch()?;
    clock::calibrate();
    class_method::add_to(module)?;
    methods::add_to(module)?;
    timer::add_to(module)?;
    timed_function::add_to(module)?;
    timed_await::make_type(module.py())?;
    timed_generator::make_type(module.py())?;
    timed_async_generator::make_types(module.py())
}
