//! Heap types made by hand, for what PyO3's classes cannot express or cannot do fast enough.

use std::ffi::{CStr, c_int, c_uint, c_ulong, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;

/// An instance of a raw type: what every Python object begins with, then what it holds.
#[repr(C)]
pub struct Object<T> {
    base: ffi::PyObject,
    pub(super) state: T,
}

/// What an instance of a raw type holds.
pub trait State: Sized + 'static {
    /// Where the type is kept once it is made.
    const CLASS: &'static Class;

    /// Whether instances can be part of a cycle, so that the garbage collector looks at them.
    const IS_COLLECTED: bool = true;

    /// Shows all objects that it refers to to the garbage collector.
    ///
    /// References that are fixed at creation need no `tp_clear`: whatever closes a cycle through
    /// them was changed later, and breaks it.
    ///
    /// # Safety
    /// `visit` and `argument` are those of a `tp_traverse` that is running.
    unsafe fn traverse(&self, visit: ffi::visitproc, argument: *mut c_void) -> c_int;

    /// Runs before the object goes, while it is whole.
    ///
    /// # Safety
    /// Called by `tp_dealloc` only, with the object.
    unsafe fn on_deallocation(&self, object: *mut ffi::PyObject);
}

/// A type that is made when the module is, and stays until the process ends.
pub struct Class(AtomicPtr<ffi::PyTypeObject>);

impl Class {
    pub const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    #[inline]
    pub fn as_ptr(&self) -> *mut ffi::PyTypeObject {
        self.0.load(Ordering::Relaxed)
    }
}

/// The state of an instance.
///
/// # Safety
/// `object` is an instance of `T::CLASS` and outlives the result.
#[inline]
pub unsafe fn state_of<'a, T: State>(object: *mut ffi::PyObject) -> &'a T {
    // SAFETY: the caller's promise; instances are laid out as `Object<T>`.
    unsafe { &(*object.cast::<Object<T>>()).state }
}

/// A new instance, or null with an exception set.
///
/// # Safety
/// The thread is attached, and the class is made.
#[inline]
pub unsafe fn allocate<T: State>(state: T) -> *mut ffi::PyObject {
    // SAFETY: the class is a heap type, sized for `Object<T>`, with or without garbage collection;
    // the state is written before the collector may look.
    unsafe {
        let class = T::CLASS.as_ptr();
        let object: *mut Object<T> =
            if T::IS_COLLECTED { ffi::PyObject_GC_New(class) } else { ffi::PyObject_New(class) };
        if !object.is_null() {
            ptr::write(&raw mut (*object).state, state);
            if T::IS_COLLECTED {
                ffi::PyObject_GC_Track(object.cast());
            }
        }
        object.cast()
    }
}

unsafe extern "C" fn deallocate<T: State>(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls this once for an instance that nothing refers to.
    unsafe {
        if T::IS_COLLECTED {
            ffi::PyObject_GC_UnTrack(object.cast());
        }
        state_of::<T>(object).on_deallocation(object);
        let class = ffi::Py_TYPE(object);
        ptr::drop_in_place(&raw mut (*object.cast::<Object<T>>()).state);
        if T::IS_COLLECTED {
            ffi::PyObject_GC_Del(object.cast());
        } else {
            ffi::PyObject_Free(object.cast());
        }
        ffi::Py_DECREF(class.cast());
    }
}

unsafe extern "C" fn traverse<T: State>(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector with one of our instances, whose type is a heap type.
    unsafe {
        let stopped = visit(ffi::Py_TYPE(object).cast(), argument);
        if stopped != 0 { stopped } else { state_of::<T>(object).traverse(visit, argument) }
    }
}

unsafe extern "C" fn refuse_to_make(
    class: *mut ffi::PyTypeObject,
    _: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a class, whose representation `%R` shows.
    unsafe {
        ffi::PyErr_Format(ffi::PyExc_TypeError, c"cannot create %R instances".as_ptr(), class)
    }
}

/// How far a field of the state is from the beginning of the object.
macro_rules! offset_in_object {
    ($state:ty, $field:ident) => {
        std::mem::offset_of!($crate::python::raw::types::Object<$state>, state)
            + std::mem::offset_of!($state, $field)
    };
}
pub(super) use offset_in_object;

/// Collects what a type is made of, and makes it.
pub struct TypeBuilder {
    name: &'static CStr,
    class: &'static Class,
    basic_size: usize,
    flags: c_ulong,
    slots: Vec<ffi::PyType_Slot>,
    methods: Vec<ffi::PyMethodDef>,
    members: Vec<ffi::PyMemberDef>,
    attributes: Vec<ffi::PyGetSetDef>,
}

impl TypeBuilder {
    /// A type for instances with this state, that only this crate can make.
    ///
    /// # Safety
    /// All functions that are added expect an `Object<T>` and have the type that their slot wants.
    pub unsafe fn new<T: State>(name: &'static CStr, documentation: &'static CStr) -> Self {
        let builder = Self {
            name,
            class: T::CLASS,
            basic_size: size_of::<Object<T>>(),
            flags: ffi::Py_TPFLAGS_DEFAULT,
            slots: Vec::new(),
            methods: Vec::new(),
            members: Vec::new(),
            attributes: Vec::new(),
        };
        let builder = builder
            .slot(ffi::Py_tp_doc, documentation.as_ptr() as *mut c_void)
            .slot(ffi::Py_tp_new, refuse_to_make as *mut c_void)
            .slot(ffi::Py_tp_dealloc, deallocate::<T> as *mut c_void);
        if T::IS_COLLECTED {
            builder
                .flag(ffi::Py_TPFLAGS_HAVE_GC)
                .slot(ffi::Py_tp_traverse, traverse::<T> as *mut c_void)
        } else {
            builder
        }
    }

    pub fn flag(mut self, flag: c_ulong) -> Self {
        self.flags |= flag;
        self
    }

    /// Lets nobody change the type. Only methods of such types are found by a quicker way, which
    /// the interpreter has from Python 3.11 on.
    pub fn unchanging(self) -> Self {
        #[cfg(Py_3_10)]
        return self.flag(ffi::Py_TPFLAGS_IMMUTABLETYPE);
        #[cfg(not(Py_3_10))]
        self
    }

    pub fn slot(mut self, slot: c_int, function: *mut c_void) -> Self {
        // The last one of a kind counts.
        self.slots.retain(|earlier| earlier.slot != slot);
        self.slots.push(ffi::PyType_Slot { slot, pfunc: function });
        self
    }

    pub fn method(mut self, name: &'static CStr, method: Method, doc: &'static CStr) -> Self {
        let (ml_meth, ml_flags) = method.definition();
        let (ml_name, ml_doc) = (name.as_ptr(), doc.as_ptr());
        self.methods.push(ffi::PyMethodDef { ml_name, ml_meth, ml_flags, ml_doc });
        self
    }

    /// Tells the interpreter where one of the fields is that it knows by such a name.
    pub fn offset(mut self, name: &'static CStr, offset: usize) -> Self {
        self.members.push(ffi::PyMemberDef {
            name: name.as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: offset.cast_signed(),
            flags: ffi::Py_READONLY,
            doc: ptr::null(),
        });
        self
    }

    pub fn attribute(mut self, name: &'static CStr, get: ffi::getter) -> Self {
        self.attributes.push(ffi::PyGetSetDef {
            name: name.as_ptr(),
            get: Some(get),
            ..ffi::PyGetSetDef::default()
        });
        self
    }

    /// `__dict__`, where `__dictoffset__` is given.
    pub fn dictionary(mut self) -> Self {
        self.attributes.push(ffi::PyGetSetDef {
            name: c"__dict__".as_ptr(),
            get: Some(ffi::PyObject_GenericGetDict),
            set: Some(ffi::PyObject_GenericSetDict),
            ..ffi::PyGetSetDef::default()
        });
        self
    }

    /// Lets instances be called by what the field at `offset` points to.
    pub fn callable(self, offset: usize) -> Self {
        self.flag(ffi::Py_TPFLAGS_HAVE_VECTORCALL)
            .slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void)
            .offset(c"__vectorcalloffset__", offset)
    }

    /// Makes the type and puts it where its instances find it.
    pub fn make(mut self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        self.methods.push(ffi::PyMethodDef::zeroed());
        self.members.push(ffi::PyMemberDef::default());
        self.attributes.push(ffi::PyGetSetDef::default());
        // The type refers to these tables for as long as it lives.
        let methods = self.methods.leak().as_mut_ptr();
        let members = self.members.leak().as_mut_ptr();
        let attributes = self.attributes.leak().as_mut_ptr();
        for (slot, table) in [
            (ffi::Py_tp_methods, methods.cast::<c_void>()),
            (ffi::Py_tp_members, members.cast()),
            (ffi::Py_tp_getset, attributes.cast()),
        ] {
            self.slots.push(ffi::PyType_Slot { slot, pfunc: table });
        }
        self.slots.push(ffi::PyType_Slot::default());
        let mut spec = ffi::PyType_Spec {
            name: self.name.as_ptr(),
            basicsize: c_int::try_from(self.basic_size)?,
            itemsize: 0,
            flags: c_uint::try_from(self.flags)?,
            slots: self.slots.as_mut_ptr(),
        };
        // SAFETY: the specification is complete, its tables end with zeros, and `new` has the
        // caller's promise about the functions.
        let class =
            unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec))? };
        self.class.0.store(class.clone().into_ptr().cast(), Ordering::Relaxed);
        Ok(class)
    }
}

/// A method in one of the ways that the interpreter calls them.
pub enum Method {
    NoArguments(ffi::PyCFunction),
    OneArgument(ffi::PyCFunction),
    Fast(ffi::PyCFunctionFast),
    FastWithKeywords(ffi::PyCFunctionFastWithKeywords),
}

impl Method {
    fn definition(self) -> (ffi::PyMethodDefPointer, c_int) {
        use ffi::PyMethodDefPointer as Pointer;
        match self {
            Self::NoArguments(function) => (Pointer { PyCFunction: function }, ffi::METH_NOARGS),
            Self::OneArgument(function) => (Pointer { PyCFunction: function }, ffi::METH_O),
            Self::Fast(function) => (Pointer { PyCFunctionFast: function }, ffi::METH_FASTCALL),
            Self::FastWithKeywords(function) => (
                Pointer { PyCFunctionFastWithKeywords: function },
                ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
            ),
        }
    }
}
