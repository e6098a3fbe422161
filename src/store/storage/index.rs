//! Which series there are, and which of them a selector means.

use std::collections::{BTreeSet, HashMap};

use crate::model::{Labels, MatchOperator, Matcher};

/// A series' number, unique within a data directory.
pub type SeriesId = i64;

/// What the index knows of a series.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The series' label set.
    pub labels: Labels,
    /// The time of its first sample that is still kept.
    pub first_ms: i64,
    /// The time of its last sample.
    pub last_ms: i64,
}

impl Entry {
    /// A series of which no sample is known yet.
    pub fn new(labels: Labels) -> Self {
        Self { labels, first_ms: i64::MAX, last_ms: i64::MIN }
    }
}

/// All series of a data directory, by label set and by each of their labels.
#[derive(Debug, Default)]
pub struct Index {
    entries: HashMap<SeriesId, Entry>,
    ids: HashMap<Labels, SeriesId>,
    postings: HashMap<String, HashMap<String, BTreeSet<SeriesId>>>,
    greatest_id: SeriesId,
}

impl Index {
    /// Adds a series that is not there yet.
    pub fn insert(&mut self, id: SeriesId, entry: Entry) {
        for (name, value) in entry.labels.iter() {
            let values = self.postings.entry(name.to_owned()).or_default();
            values.entry(value.to_owned()).or_default().insert(id);
        }
        self.ids.insert(entry.labels.clone(), id);
        self.entries.insert(id, entry);
        self.greatest_id = self.greatest_id.max(id);
    }

    /// Forgets a series.
    pub fn remove(&mut self, id: SeriesId) {
        let Some(entry) = self.entries.remove(&id) else { return };
        self.ids.remove(&entry.labels);
        for (name, value) in entry.labels.iter() {
            self.remove_posting(name, value, id);
        }
    }

    /// The number of the series with exactly these labels.
    pub fn id(&self, labels: &Labels) -> Option<SeriesId> {
        self.ids.get(labels).copied()
    }

    /// What is known of a series.
    pub fn get(&self, id: SeriesId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// Notes that a series has a sample at that time.
    pub fn extend_to(&mut self, id: SeriesId, timestamp_ms: i64) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.first_ms = entry.first_ms.min(timestamp_ms);
            entry.last_ms = entry.last_ms.max(timestamp_ms);
        }
    }

    /// Notes that samples before that time are gone.
    pub fn forget_before(&mut self, cutoff_ms: i64) {
        for entry in self.entries.values_mut() {
            entry.first_ms = entry.first_ms.max(cutoff_ms);
        }
    }

    /// The series without any sample since that time.
    pub fn ended_before(&self, cutoff_ms: i64) -> Vec<SeriesId> {
        self.entries
            .iter()
            .filter(|(_, entry)| entry.last_ms < cutoff_ms)
            .map(|(&id, _)| id)
            .collect()
    }

    /// The greatest number ever given to a series here.
    pub fn greatest_id(&self) -> SeriesId {
        self.greatest_id
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The series that meet every matcher and may have samples from `from_ms` to `to_ms`.
    pub fn select(
        &self,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
    ) -> Vec<(SeriesId, &Entry)> {
        let meets = |entry: &Entry| {
            entry.first_ms <= to_ms
                && entry.last_ms >= from_ms
                && matchers.iter().all(|matcher| matcher.matches(&entry.labels))
        };
        match self.narrowest(matchers) {
            Some(Posting::Nothing) => Vec::new(),
            Some(Posting::Ids(ids)) => ids
                .iter()
                .map(|id| (*id, &self.entries[id]))
                .filter(|(_, entry)| meets(entry))
                .collect(),
            None => self
                .entries
                .iter()
                .map(|(&id, entry)| (id, entry))
                .filter(|(_, entry)| meets(entry))
                .collect(),
        }
    }

    /// The shortest list that holds all that the equalities among the matchers can mean.
    fn narrowest(&self, matchers: &[Matcher]) -> Option<Posting<'_>> {
        let equalities = matchers.iter().filter_map(|matcher| match &matcher.operator {
            MatchOperator::Equal(value) if !value.is_empty() => Some((&matcher.name, value)),
            _ => None,
        });
        equalities
            .map(|(name, value)| {
                let ids = self.postings.get(name).and_then(|values| values.get(value));
                ids.map_or(Posting::Nothing, Posting::Ids)
            })
            .min_by_key(Posting::len)
    }

    fn remove_posting(&mut self, name: &str, value: &str, id: SeriesId) {
        let Some(values) = self.postings.get_mut(name) else { return };
        if let Some(ids) = values.get_mut(value) {
            ids.remove(&id);
            if ids.is_empty() {
                values.remove(value);
            }
        }
        if values.is_empty() {
            self.postings.remove(name);
        }
    }
}

/// The series that have one label.
enum Posting<'a> {
    Nothing,
    Ids(&'a BTreeSet<SeriesId>),
}

impl Posting<'_> {
    fn len(&self) -> usize {
        match self {
            Posting::Nothing => 0,
            Posting::Ids(ids) => ids.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        for (id, method, code) in [(1, "get", "200"), (2, "get", "500"), (3, "put", "")] {
            let labels =
                Labels::from_iter([("__name__", "hits"), ("method", method), ("code", code)]);
            index.insert(id, Entry { labels, first_ms: 10 * id, last_ms: 10 * id + 5 });
        }
        index
    }

    fn select(index: &Index, matchers: &[Matcher], from_ms: i64, to_ms: i64) -> Vec<SeriesId> {
        let mut ids: Vec<_> =
            index.select(matchers, from_ms, to_ms).into_iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn an_equality_finds_all_series_that_have_the_label() {
        let index = index();
        assert_eq!(select(&index, &[Matcher::equal("method", "get")], 0, 100), [1, 2]);
        assert_eq!(
            select(&index, &[Matcher::equal("method", "post")], 0, 100),
            Vec::<SeriesId>::new()
        );
    }

    #[test]
    fn an_equality_with_the_empty_string_finds_series_without_the_label() {
        assert_eq!(select(&index(), &[Matcher::equal("code", "")], 0, 100), [3]);
    }

    #[test]
    fn series_without_samples_in_the_time_asked_for_are_left_out() {
        let index = index();
        let all = [Matcher::equal("__name__", "hits")];
        assert_eq!(select(&index, &all, 16, 25), [2]);
        assert_eq!(select(&index, &all, 15, 20), [1, 2]);
    }

    #[test]
    fn a_removed_series_is_found_no_more() {
        let mut index = index();
        index.remove(3);
        assert_eq!(select(&index, &[Matcher::equal("__name__", "hits")], 0, 100), [1, 2]);
        assert_eq!(
            select(&index, &[Matcher::equal("method", "put")], 0, 100),
            Vec::<SeriesId>::new()
        );
        assert_eq!(index.greatest_id(), 3);
    }
}
