//! Label values from a call's arguments.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::metrics::{Description, MetricError};

/// The values of one call of `labels`, in the order of the family's label names.
///
/// As in `prometheus_client`, values are given by position or by keyword, never both, and whatever
/// is not a string becomes one by `str`.
pub fn label_values<'py>(
    description: &Description,
    arguments: &Bound<'py, PyTuple>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Vec<Bound<'py, PyString>>> {
    match keywords.filter(|keywords| !keywords.is_empty()) {
        Some(_) if !arguments.is_empty() => {
            Err(pyo3::exceptions::PyValueError::new_err("Can't pass both *args and **kwargs"))
        }
        Some(keywords) => from_keywords(description, keywords),
        None => from_positions(description, arguments),
    }
}

fn from_positions<'py>(
    description: &Description,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Vec<Bound<'py, PyString>>> {
    let names = &description.label_names;
    if arguments.len() != names.len() {
        let expected = format!("{} ({})", names.len(), names.join(", "));
        return Err(MetricError::IncorrectLabelCount { expected, received: arguments.len() }.into());
    }
    arguments.iter().map(|value| value.str()).collect()
}

fn from_keywords<'py>(
    description: &Description,
    keywords: &Bound<'py, PyDict>,
) -> PyResult<Vec<Bound<'py, PyString>>> {
    let names = &description.label_names;
    let wrong = || incorrect_names(description, keywords);
    if keywords.len() != names.len() {
        return Err(wrong());
    }
    let value_of = |name: &String| keywords.get_item(name)?.ok_or_else(wrong)?.str();
    names.iter().map(value_of).collect()
}

fn incorrect_names(description: &Description, keywords: &Bound<'_, PyDict>) -> PyErr {
    let mut received: Vec<String> = keywords.keys().iter().map(|name| name.to_string()).collect();
    received.sort();
    MetricError::IncorrectLabelNames {
        expected: description.label_names.join(", "),
        received: received.join(", "),
    }
    .into()
}
