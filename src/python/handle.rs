//! What a Python metric object holds: a family, and a child unless labels are still to come.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::labels::label_values;
use super::registry::RegistryArgument;
use crate::metrics::{Child, Collect, Description, Family, MetricError, NameParts, Value};

/// A family with or without one of its children, behind a Python object.
pub struct Handle<V: Value> {
    family: Arc<Family<V>>,
    child: Option<Arc<Child<V>>>,
}

/// The arguments that every metric's constructor takes.
pub struct Construction<'a, 'py> {
    pub parts: NameParts<'a>,
    pub documentation: String,
    pub label_names: Option<Bound<'py, PyAny>>,
    pub registry: RegistryArgument,
}

impl<V: Value> Handle<V> {
    /// Makes a family and registers it, unless the registry is `None`.
    pub fn construct(
        py: Python<'_>,
        construction: Construction<'_, '_>,
        options: V::Options,
    ) -> PyResult<Self> {
        let name = construction.parts.join(V::KIND)?;
        let label_names = names_from(construction.label_names)?;
        let family = Family::new(name, construction.documentation, label_names, options)?;
        let family = Arc::new(family);
        if let Some(registry) = construction.registry.resolve(py)? {
            registry.register(Arc::clone(&family) as Arc<dyn Collect>)?;
        }
        let child = family.description().label_names.is_empty().then(|| family.child(&[]));
        Ok(Self { family, child })
    }

    /// The value to change, or an error that says that labels are missing.
    pub fn value(&self) -> Result<&V, MetricError> {
        match &self.child {
            Some(child) => Ok(&child.value),
            None => Err(MetricError::MissingLabelValues {
                kind: V::KIND.as_str(),
                expected: self.description().label_names.join(", "),
            }),
        }
    }

    /// The child for the label values of one call.
    pub fn labels(
        &self,
        arguments: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        self.check_parent()?;
        let values = label_values(self.description(), arguments, keywords)?;
        let child = self.family.child(&borrow_all(&values)?);
        Ok(Self { family: Arc::clone(&self.family), child: Some(child) })
    }

    /// Forgets the child with those label values, if there is one.
    pub fn remove(&self, arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.check_parent()?;
        let values = label_values(self.description(), arguments, None)?;
        self.family.remove(&borrow_all(&values)?);
        Ok(())
    }

    /// Forgets all children of a family with labels.
    pub fn clear(&self) {
        if !self.description().label_names.is_empty() {
            self.family.clear();
        }
    }

    /// The family as a registry holds it.
    pub fn collector(&self) -> Arc<dyn Collect> {
        Arc::clone(&self.family) as Arc<dyn Collect>
    }

    pub fn description(&self) -> &Description {
        self.family.description()
    }

    fn check_parent(&self) -> Result<(), MetricError> {
        let Description { name, label_names, .. } = self.description();
        let (kind, name) = (V::KIND.as_str(), name.clone());
        if label_names.is_empty() {
            return Err(MetricError::NoLabelNames { kind, name });
        }
        let Some(child) = &self.child else { return Ok(()) };
        let pairs = label_names.iter().zip(&child.label_values);
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("'{name}': '{value}'")).collect();
        Err(MetricError::LabelsAlreadySet {
            kind,
            name,
            labels: format!("{{{}}}", pairs.join(", ")),
        })
    }
}

fn borrow_all<'a>(values: &'a [Bound<'_, PyString>]) -> PyResult<Vec<&'a str>> {
    values.iter().map(|value| value.to_str()).collect()
}

fn names_from(label_names: Option<Bound<'_, PyAny>>) -> PyResult<Vec<String>> {
    let Some(label_names) = label_names else { return Ok(Vec::new()) };
    label_names.try_iter()?.map(|name| name?.extract()).collect()
}
