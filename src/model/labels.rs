//! A label set: what tells one series from another.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// Whether a label may be called that (<https://prometheus.io/docs/concepts/data_model/>).
pub fn is_label_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// A label set, sorted by label name, without empty values: to Prometheus a label with an empty
/// value is a label that is not there.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Labels(Vec<(String, String)>);

impl Labels {
    /// The value of the label `name`; empty if there is none, as matchers see it.
    pub fn get(&self, name: &str) -> &str {
        match self.position(name) {
            Ok(index) => &self.0[index].1,
            Err(_) => "",
        }
    }

    /// The metric's name; empty where an expression has taken it away.
    pub fn metric_name(&self) -> &str {
        self.get(METRIC_NAME)
    }

    /// The pairs in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Sets one label; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) {
        match (self.position(name), value.is_empty()) {
            (Ok(index), true) => {
                self.0.remove(index);
            }
            (Ok(index), false) => value.clone_into(&mut self.0[index].1),
            (Err(_), true) => {}
            (Err(index), false) => self.0.insert(index, (name.to_owned(), value.to_owned())),
        }
    }

    /// The same label set without those names.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// The same label set with only those names.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect())
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }
}

impl<Name: Into<String>, Value: Into<String>> FromIterator<(Name, Value)> for Labels {
    /// Of pairs with the same name the last one counts.
    fn from_iter<Pairs: IntoIterator<Item = (Name, Value)>>(pairs: Pairs) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        let mut pairs: Vec<(String, String)> = pairs.collect();
        // Of equal names the last comes first then, since sorting leaves their order as it is.
        pairs.reverse();
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        pairs.dedup_by(|(earlier, _), (last, _)| earlier == last);
        pairs.retain(|(_, value)| !value.is_empty());
        Self(pairs)
    }
}

/// As in Prometheus's messages: `{code="200", method="get"}`.
impl fmt::Display for Labels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{name}={value:?}")?;
        }
        formatter.write_str("}")
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn of_pairs_with_the_same_name_the_last_counts(
            pairs in prop::collection::vec(("[a-c]", "[xy]?"), 0..8),
        ) {
            let mut labels = Labels::default();
            for (name, value) in &pairs {
                labels.set(name, value);
            }
            prop_assert_eq!(Labels::from_iter(pairs), labels);
        }
    }

    #[test]
    fn labels_are_equal_whatever_the_order_they_came_in() {
        let one = Labels::from_iter([("b", "2"), ("a", "1")]);
        let other = Labels::from_iter([("a", "1"), ("b", "2")]);
        assert_eq!(one, other);
    }

    #[test]
    fn an_empty_value_is_an_absent_label() {
        let mut labels = Labels::from_iter([("a", "1"), ("b", "")]);
        assert_eq!(labels, Labels::from_iter([("a", "1")]));
        labels.set("a", "");
        assert_eq!(labels.get("a"), "");
        assert_eq!(labels.iter().count(), 0);
    }

    #[test]
    fn labels_are_shown_as_a_selector_writes_them() {
        let labels = Labels::from_iter([("b", "say \"hi\""), ("a", "1")]);
        assert_eq!(labels.to_string(), r#"{a="1", b="say \"hi\""}"#);
    }

    #[test]
    fn without_and_only_are_each_other_s_rest() {
        let labels = Labels::from_iter([(METRIC_NAME, "up"), ("a", "1"), ("b", "2")]);
        assert_eq!(labels.without(&[METRIC_NAME, "a"]), Labels::from_iter([("b", "2")]));
        assert_eq!(labels.only(&["a"]), Labels::from_iter([("a", "1")]));
    }
}
