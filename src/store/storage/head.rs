//! The recent samples, in memory: all that compaction has not yet turned into chunks.

use std::collections::HashMap;

use super::index::SeriesId;
use crate::model::Sample;

/// Recent samples by series, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Head {
    series: HashMap<SeriesId, Vec<Sample>>,
    samples: usize,
    oldest_ms: Option<i64>,
}

impl Head {
    /// Adds a sample, the newest of its series.
    pub fn push(&mut self, id: SeriesId, sample: Sample) {
        self.series.entry(id).or_default().push(sample);
        self.samples += 1;
        let oldest_ms = self.oldest_ms.get_or_insert(sample.timestamp_ms);
        *oldest_ms = sample.timestamp_ms.min(*oldest_ms);
    }

    /// A series' samples from `from_ms` to `to_ms`, both included.
    pub fn range(&self, id: SeriesId, from_ms: i64, to_ms: i64) -> &[Sample] {
        let Some(samples) = self.series.get(&id) else { return &[] };
        let start = samples.partition_point(|sample| sample.timestamp_ms < from_ms);
        let end = samples.partition_point(|sample| sample.timestamp_ms <= to_ms);
        samples.get(start..end).unwrap_or_default()
    }

    /// Removes what an earlier copy of this head held.
    pub fn remove(&mut self, copy: &Self) {
        for (id, copied) in &copy.series {
            if let Some(samples) = self.series.get_mut(id) {
                samples.drain(..copied.len());
            }
        }
        self.count_anew();
    }

    /// Removes what is older than that.
    pub fn forget_before(&mut self, cutoff_ms: i64) {
        for samples in self.series.values_mut() {
            let kept = samples.partition_point(|sample| sample.timestamp_ms < cutoff_ms);
            samples.drain(..kept);
        }
        self.count_anew();
    }

    fn count_anew(&mut self) {
        self.series.retain(|_, samples| !samples.is_empty());
        self.samples = self.series.values().map(Vec::len).sum();
        let first = |samples: &Vec<Sample>| samples.first().map(|sample| sample.timestamp_ms);
        self.oldest_ms = self.series.values().filter_map(first).min();
    }

    /// Every series with its samples.
    pub fn iter(&self) -> impl Iterator<Item = (SeriesId, &[Sample])> {
        self.series.iter().map(|(&id, samples)| (id, samples.as_slice()))
    }

    /// The time of the oldest sample.
    pub fn oldest_ms(&self) -> Option<i64> {
        self.oldest_ms
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.samples
    }
}
