//! Exemplars: one observation that stands for many, with labels that lead to it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

/// One observation and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Names and values, such as a trace's id.
    pub labels: Vec<(String, String)>,
    /// The observed value or the amount of the increment.
    pub value: f64,
    /// When it was observed, in seconds since the Unix epoch.
    pub timestamp_seconds: f64,
}

/// The latest exemplar of each bucket of each child.
///
/// Beside the children and not in them, since most children never have one.
#[derive(Default)]
pub(super) struct Exemplars {
    is_used: AtomicBool,
    by_child: RwLock<HashMap<u32, BucketExemplars>>,
}

/// Exemplars by the index of their bucket, which is 0 for a counter.
pub type BucketExemplars = Vec<(usize, Arc<Exemplar>)>;

impl Exemplars {
    pub(super) fn put(&self, sequence: u32, bucket: usize, exemplar: Exemplar) {
        self.is_used.store(true, Ordering::Release);
        let mut by_child = self.by_child.write();
        let of_child = by_child.entry(sequence).or_default();
        of_child.retain(|(index, _)| *index != bucket);
        of_child.push((bucket, Arc::new(exemplar)));
    }

    pub(super) fn get(&self, sequence: u32) -> BucketExemplars {
        if !self.is_used.load(Ordering::Acquire) {
            return Vec::new();
        }
        self.by_child.read().get(&sequence).cloned().unwrap_or_default()
    }

    pub(super) fn remove(&self, sequence: u32) {
        if self.is_used.load(Ordering::Acquire) {
            self.by_child.write().remove(&sequence);
        }
    }

    pub(super) fn clear(&self) {
        self.by_child.write().clear();
    }
}
