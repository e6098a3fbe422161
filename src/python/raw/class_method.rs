//! Methods of classes, made of C functions by hand.

use std::ffi::CStr;
use std::ptr::null_mut;

use crate::python::interned::interned;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyMappingProxy, PyString, PyType};

use crate::python::core_object::CoreClass;

/// A method that CPython calls with its arguments in an array.
pub struct ClassMethod {
    name: &'static CStr,
    definition: ffi::PyMethodDef,
}

// SAFETY: never written to after it is made, and all it points to is static.
unsafe impl Sync for ClassMethod {}

impl ClassMethod {
    /// `documentation` begins with the signature, which Python makes a signature of.
    pub const fn new(
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
    let base = class.getattr(interned!(py, "__base__"))?;
    let own = class.getattr(interned!(py, "__dict__"))?;
    for item in base.getattr(interned!(py, "__dict__"))?.cast_into::<PyMappingProxy>()?.items()? {
        let (name, method): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let definition = definition_of(&method);
        if !definition.is_null() && !own.contains(&name)? {
            // SAFETY: defined for the base, whose classes are never freed while derived ones live.
            class.setattr(name.cast::<PyString>()?, unsafe { descriptor(class, definition)? })?;
        }
    }
    Ok(class.clone())
}

/// Adds what this file defines to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(own_methods, module)?)
}
