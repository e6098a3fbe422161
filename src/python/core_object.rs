//! What a metric object of Python holds: a family, and a child unless labels are still to come.

use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock};

use crate::python::interned::interned;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::raw::{LabelCache, companion, new_object};
use crate::metrics::{BucketExemplars, ChildRef, Collect, Description, Family, Value};

/// A class whose instances are metrics of one type.
pub trait CoreClass: pyo3::PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + Sync {
    /// What its children hold.
    type Value: Value;
    /// The core of an instance.
    fn core(&self) -> &Core<Self::Value>;
}

/// A family with or without one of its children, behind a Python object.
///
/// Empty until `create` or `attach`, since Python makes an object before it initialises it.
pub struct Core<V: Value> {
    binding: OnceLock<Binding<V>>,
    /// Where the value of the binding's child is; null where there is none. For calls that have no
    /// time to go through the binding.
    pub value_address: AtomicPtr<V>,
    /// The children that `labels` found last.
    pub cache: LabelCache,
    /// Whether the class is called for a new child, because it has more to set up.
    pub class_makes_children: AtomicBool,
    /// Whether this object has had an `observe` of its own, as tests of users give it.
    pub replaces_observe: AtomicBool,
}

struct Binding<V: Value> {
    family: Arc<Family<V>>,
    child: Option<ChildRef<V>>,
    /// The object whose `labels` gave this one.
    parent: Option<Py<PyAny>>,
    /// The parts that the family's name was put together from, where this is no child.
    origin: Option<Py<PyTuple>>,
    /// What the child knows this object by; see `companion`.
    address: usize,
}

impl<V: Value> Default for Core<V> {
    fn default() -> Self {
        Self {
            binding: OnceLock::new(),
            value_address: AtomicPtr::default(),
            cache: LabelCache::default(),
            class_makes_children: AtomicBool::new(false),
            replaces_observe: AtomicBool::new(false),
        }
    }
}

impl<V: Value> Core<V> {
    /// Makes the family; the object is its only child where it has no labels.
    pub fn create(
        &self,
        description: Description,
        origin: Bound<'_, PyTuple>,
        options: V::Options,
    ) -> PyResult<()> {
        let py = origin.py();
        let family = Family::new(description, options);
        let child = family.description().label_names.is_empty().then(|| family.child(&[]));
        if let Some(child) = &child {
            child.reset(now_seconds(py)?);
        }
        let origin = Some(origin.unbind());
        self.bind(Binding { family, child, parent: None, origin, address: 0 })
    }

    /// Makes `object`, whose core this is, one of a child of `parent`; see `introduce`.
    fn attach(
        &self,
        object: &Bound<'_, PyAny>,
        parent: &Bound<'_, PyAny>,
        family: &Arc<Family<V>>,
        child: ChildRef<V>,
    ) -> PyResult<()> {
        self.bind(Binding {
            family: Arc::clone(family),
            child: Some(child),
            parent: Some(parent.clone().unbind()),
            origin: None,
            address: object.as_ptr().addr(),
        })
    }

    /// Makes an object stand for the same as another one, which stays the one that `labels` gives.
    pub fn share(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        // Of the children that one of them removes, the other would not know.
        self.cache.disable();
        other.cache.disable();
        let other = other.binding()?;
        self.bind(Binding {
            family: Arc::clone(&other.family),
            child: other.child.clone(),
            parent: other.parent.as_ref().map(|parent| parent.clone_ref(py)),
            origin: other.origin.as_ref().map(|origin| origin.clone_ref(py)),
            address: 0,
        })
    }

    fn bind(&self, binding: Binding<V>) -> PyResult<()> {
        let again = |_| PyRuntimeError::new_err("a metric can not be initialised a second time");
        self.binding.set(binding).map_err(again)?;
        if let Some(child) = self.child() {
            let value = std::ptr::from_ref(child.value()).cast_mut();
            self.value_address.store(value, Ordering::Release);
        }
        Ok(())
    }

    fn binding(&self) -> PyResult<&Binding<V>> {
        self.binding.get().ok_or_else(|| {
            PyRuntimeError::new_err(
                "this metric is not initialised: call super().__init__ in its class's __init__",
            )
        })
    }

    pub fn family(&self) -> PyResult<&Arc<Family<V>>> {
        Ok(&self.binding()?.family)
    }

    pub fn description(&self) -> PyResult<&Description> {
        Ok(self.family()?.description())
    }

    /// The child, where labels are set or there are none.
    #[inline]
    pub fn child(&self) -> Option<&ChildRef<V>> {
        self.binding.get()?.child.as_ref()
    }

    /// The child, or an error that says that labels are missing.
    pub fn observable(&self) -> PyResult<&ChildRef<V>> {
        let binding = self.binding()?;
        binding.child.as_ref().ok_or_else(|| {
            let expected = binding.family.description().label_names.join(", ");
            PyValueError::new_err(format!(
                "{} metric is missing label values: call .labels({expected}) first",
                V::KIND.as_str()
            ))
        })
    }

    /// The object whose `labels` gave this one.
    pub fn parent(&self) -> Option<&Py<PyAny>> {
        self.binding.get()?.parent.as_ref()
    }

    /// The parts that the family's name was put together from; nothing of a child.
    pub fn origin(&self) -> Option<&Py<PyTuple>> {
        self.binding.get()?.origin.as_ref()
    }

    /// The values of this object's labels; none where they are still to come.
    pub fn label_values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let binding = self.binding()?;
        match &binding.child {
            Some(child) => label_tuple(py, &binding.family, child),
            None => Ok(PyTuple::empty(py)),
        }
    }

    /// The latest exemplars of the child, each with the index of its bucket.
    pub fn exemplars(&self) -> PyResult<BucketExemplars> {
        Ok(self.family()?.exemplars(self.observable()?))
    }

    /// The family as a registry holds it.
    pub fn collector(&self) -> PyResult<Arc<dyn Collect>> {
        Ok(Arc::clone(self.family()?) as Arc<dyn Collect>)
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(parent) = self.parent() {
            visit.call(parent)?;
        }
        self.cache.traverse(visit)
    }
}

impl<V: Value> Drop for Core<V> {
    fn drop(&mut self) {
        if let Some(Binding { child: Some(child), address, .. }) = self.binding.get() {
            companion::withdraw(*address, child.companion());
        }
    }
}

/// The label values of a child as Python sees them.
fn label_tuple<'py, V: Value>(
    py: Python<'py>,
    family: &Family<V>,
    child: &ChildRef<V>,
) -> PyResult<Bound<'py, PyTuple>> {
    let count = family.description().label_names.len();
    PyTuple::new(py, child.label_values().iter(count).collect::<Vec<_>>())
}

/// The object that stands for the child with those label values: always the same one as long as
/// anybody holds it.
pub fn child_object<'py, C: CoreClass>(
    parent: &Bound<'py, C>,
    label_values: &[&str],
) -> PyResult<Bound<'py, PyAny>> {
    let child = child_of(parent.py(), parent.get().core().family()?, label_values)?;
    object_for(parent, &child)
}

/// The object that stands for a child of `parent`, made if there is none now.
pub fn object_for<'py, C: CoreClass>(
    parent: &Bound<'py, C>,
    child: &ChildRef<C::Value>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = parent.py();
    if let Some(object) = companion::object_of(py, child.companion()) {
        return Ok(object);
    }
    let core = parent.get().core();
    let family = core.family()?;
    let parent = parent.as_any();
    if core.class_makes_children.load(Ordering::Relaxed) {
        let label_values = label_tuple(py, family, child)?;
        return parent.call_method1(interned!(py, "_make_child"), (label_values,));
    }
    let object = new_object(&parent.get_type())?;
    let core = object.cast::<C>()?.get().core();
    core.attach(&object, parent, family, child.clone())?;
    introduce(object.cast::<C>()?)
}

/// Lets an object stand for its child from now on, once it is complete; returns the one that does,
/// which is another one if another thread was faster.
pub fn introduce<'py, C: CoreClass>(object: &Bound<'py, C>) -> PyResult<Bound<'py, PyAny>> {
    let companion = object.get().core().observable()?.companion();
    if let Some(faster) = companion::object_of(object.py(), companion) {
        return Ok(faster);
    }
    companion::introduce(object.as_any(), companion);
    Ok(object.clone().into_any())
}

/// The child with those label values, created if need be at what Python takes for now.
fn child_of<V: Value>(
    py: Python<'_>,
    family: &Family<V>,
    label_values: &[&str],
) -> PyResult<ChildRef<V>> {
    match family.find(label_values) {
        Some(child) => Ok(child),
        None => Ok(family.create(label_values, now_seconds(py)?)),
    }
}

/// What `time.time()` says, because tests of users put clocks of their own in its place.
pub fn now_seconds(py: Python<'_>) -> PyResult<f64> {
    py.import(interned!(py, "time"))?.call_method0(interned!(py, "time"))?.extract()
}

/// Makes an object that a subclass makes one of a child of `parent`.
pub fn attach<C: CoreClass>(
    object: &Bound<'_, C>,
    parent: &Bound<'_, C>,
    label_values: &[Bound<'_, PyString>],
) -> PyResult<()> {
    let values: Vec<&str> =
        label_values.iter().map(|value| value.to_str()).collect::<Result<_, _>>()?;
    let family = parent.get().core().family()?;
    let child = child_of(object.py(), family, &values)?;
    object.get().core().attach(object.as_any(), parent.as_any(), family, child)
}
