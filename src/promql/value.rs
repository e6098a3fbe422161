//! What a query answers.

use crate::model::{Labels, Sample, Series};

/// A series' value at the time of an instant query.
#[derive(Clone, Debug, PartialEq)]
pub struct InstantSample {
    /// What tells this element from others.
    pub labels: Labels,
    /// The value; its time is that of the query, whenever the sample was taken.
    pub sample: Sample,
}

/// The answer to an instant query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number without labels.
    Scalar(f64),
    /// A string literal.
    String(String),
    /// One value for each label set, in the order of the expression (`sort`, `topk`).
    Vector(Vec<InstantSample>),
    /// The samples of a bare range vector, such as `up[5m]`, at their own times.
    Matrix(Vec<Series>),
}
