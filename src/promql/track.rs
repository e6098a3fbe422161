//! Evaluated series: a label set with its values over the grid.

use std::collections::{HashMap, HashSet};

use super::error::QueryError;
use super::grid::Grid;
use crate::model::{Labels, METRIC_NAME, Sample, Series};

/// A label set with a value, or none, at each step of the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// What tells this track from others.
    pub labels: Labels,
    /// As many as the grid has steps.
    pub values: Vec<Option<f64>>,
}

impl Track {
    /// Whether there is a value at any step.
    pub fn has_values(&self) -> bool {
        self.values.iter().any(Option::is_some)
    }

    /// The same values under the label set without the metric's name, as for all results that no
    /// longer are that metric.
    #[must_use]
    pub fn unnamed(mut self) -> Self {
        self.labels.set(METRIC_NAME, "");
        self
    }

    /// The values as samples at their steps' times.
    pub fn into_series(self, grid: Grid) -> Series {
        let samples = grid
            .times_ms()
            .zip(self.values)
            .filter_map(|(timestamp_ms, value)| Some(Sample { timestamp_ms, value: value? }));
        Series { samples: samples.collect(), labels: self.labels }
    }

    /// The track with `function` applied to each value and its step.
    #[must_use]
    pub fn map(mut self, function: impl Fn(usize, f64) -> Option<f64>) -> Self {
        for (step, value) in self.values.iter_mut().enumerate() {
            *value = value.and_then(|value| function(step, value));
        }
        self
    }
}

/// What an expression evaluates to over a grid.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A number at each step.
    Scalar(Vec<f64>),
    /// A string literal.
    String(String),
    /// An instant vector at each step.
    Vector(Vec<Track>),
}

/// The tracks by `key`, in the order in which the keys first come.
pub fn group_by(tracks: &[Track], key: impl Fn(&Labels) -> Labels) -> Vec<(Labels, Vec<&Track>)> {
    let mut groups: Vec<(Labels, Vec<&Track>)> = Vec::new();
    let mut index_of: HashMap<Labels, usize> = HashMap::new();
    for track in tracks {
        let key = key(&track.labels);
        let index = *index_of.entry(key).or_insert_with_key(|key| {
            groups.push((key.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[index].1.push(track);
    }
    groups
}

/// Makes one track of those with the same labels, and drops those without values.
///
/// Two values at one step under the same labels are an error that says `conflict`.
pub fn merge(tracks: Vec<Track>, conflict: &str) -> Result<Vec<Track>, QueryError> {
    let mut merged: Vec<Track> = Vec::with_capacity(tracks.len());
    let mut index_of: HashMap<Labels, usize> = HashMap::with_capacity(tracks.len());
    for track in tracks.into_iter().filter(Track::has_values) {
        if let Some(index) = index_of.get(&track.labels) {
            overlay(&mut merged[*index], &track, conflict)?;
        } else {
            index_of.insert(track.labels.clone(), merged.len());
            merged.push(track);
        }
    }
    Ok(merged)
}

/// What Prometheus says when a function leaves two elements with the same labels.
pub const SAME_LABELS: &str = "vector cannot contain metrics with the same labelset";

/// Refuses tracks of which two have the same labels, even if never at the same step, as
/// Prometheus does for range functions and the unary minus.
pub fn unique(tracks: Vec<Track>) -> Result<Vec<Track>, QueryError> {
    let mut seen = HashSet::with_capacity(tracks.len());
    match tracks.iter().find(|track| !seen.insert(&track.labels)) {
        Some(track) => Err(QueryError::Execution(format!("{SAME_LABELS}: {}", track.labels))),
        None => Ok(tracks),
    }
}

fn overlay(track: &mut Track, other: &Track, conflict: &str) -> Result<(), QueryError> {
    for (value, other) in track.values.iter_mut().zip(&other.values) {
        if value.is_some() && other.is_some() {
            let message = format!("{conflict}: {}", track.labels);
            return Err(QueryError::Execution(message));
        }
        *value = value.or(*other);
    }
    Ok(())
}
