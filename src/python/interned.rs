//! Names that Python is asked for often, made once.
//!
//! As PyO3's `intern!`, which lets go of the interpreter while it makes one: when another thread
//! forks just then, the child waits for ever for a thread that it does not have.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyString;

/// A place for a string that is made when it is first needed.
pub struct Interned {
    text: &'static str,
    made: OnceLock<Py<PyString>>,
}

impl Interned {
    /// A place for `text`.
    pub const fn new(text: &'static str) -> Self {
        Self { text, made: OnceLock::new() }
    }

    /// The string, which is the same object each time.
    pub fn get<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyString> {
        let made = self.made.get().unwrap_or_else(|| {
            // Made before the lock is taken; of two threads that make it, the first wins.
            let _ = self.made.set(PyString::intern(py, self.text).unbind());
            self.made.get().expect("it was set just now")
        });
        made.bind(py)
    }
}

/// The interned Python string of a literal.
macro_rules! interned {
    ($py:expr, $text:literal) => {{
        static NAME: $crate::python::interned::Interned =
            $crate::python::interned::Interned::new($text);
        NAME.get($py)
    }};
}

pub(in crate::python) use interned;
