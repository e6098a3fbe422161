//! A metric with labels: a table from label values to children.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use papaya::Equivalent;
use parking_lot::RwLock;

use super::{HistogramReading, MetricError, MetricKind, Value, check_label_names};

/// What does not change about a family.
#[derive(Clone, Debug)]
pub struct Description {
    /// The full name, without the `_total` of a counter.
    pub name: String,
    /// The text of the `# HELP` line.
    pub documentation: String,
    /// The type.
    pub kind: MetricKind,
    /// The labels' names in the order of construction, which is the order of positional values.
    pub label_names: Vec<String>,
}

impl Description {
    /// The names of all series that this family can give.
    pub fn series_names(&self) -> impl Iterator<Item = String> {
        self.kind.series_suffixes().iter().map(|suffix| format!("{}{suffix}", self.name))
    }
}

/// What a child's value is at one moment.
#[derive(Clone, Debug)]
pub enum Reading {
    /// Of a counter.
    Counter(f64),
    /// Of a gauge.
    Gauge(f64),
    /// Of a histogram.
    Histogram(HistogramReading),
}

/// Is shown each child: its label values, when it was created in seconds since the Unix epoch, and
/// its value.
pub type Visitor<'a> = dyn FnMut(&[Box<str>], f64, Reading) + 'a;

/// A family as a registry and an encoder see it.
pub trait Collect: Send + Sync {
    /// Name, help, type and label names.
    fn description(&self) -> &Description;
    /// Shows each child to `visitor`, in the order of their creation.
    fn visit(&self, visitor: &mut Visitor<'_>);
}

/// One label set of a family.
pub struct Child<V> {
    /// The label values in the order of the family's label names.
    pub label_values: Box<[Box<str>]>,
    /// When it was created, in seconds since the Unix epoch.
    pub created_seconds: f64,
    /// The counter, gauge or histogram.
    pub value: V,
    sequence: u64,
}

/// A metric with all its children.
pub struct Family<V: Value> {
    description: Description,
    options: V::Options,
    // Readers of `index` never wait; `ordered` is for writers and scrapes.
    index: papaya::HashMap<Key, Arc<Child<V>>>,
    ordered: RwLock<Ordered<V>>,
}

struct Ordered<V> {
    children: BTreeMap<u64, Arc<Child<V>>>,
    next_sequence: u64,
}

impl<V: Value> Family<V> {
    /// A family without children; one without labels has its only child from the start.
    pub fn new(
        name: String,
        documentation: String,
        label_names: Vec<String>,
        options: V::Options,
    ) -> Result<Self, MetricError> {
        check_label_names(V::KIND, &label_names)?;
        let family = Self {
            description: Description { name, documentation, kind: V::KIND, label_names },
            options,
            index: papaya::HashMap::new(),
            ordered: RwLock::new(Ordered { children: BTreeMap::new(), next_sequence: 0 }),
        };
        if family.description.label_names.is_empty() {
            family.child(&[]);
        }
        Ok(family)
    }

    /// The child with those label values, which are as many as there are label names; created if
    /// it is not there. Finding an existing one takes no lock.
    pub fn child(&self, label_values: &[&str]) -> Arc<Child<V>> {
        debug_assert_eq!(label_values.len(), self.description.label_names.len());
        match self.index.pin().get(&BorrowedKey(label_values)) {
            Some(child) => Arc::clone(child),
            None => self.create(label_values),
        }
    }

    fn create(&self, label_values: &[&str]) -> Arc<Child<V>> {
        let mut ordered = self.ordered.write();
        let index = self.index.pin();
        // Another thread may have come first; only holders of the lock insert.
        if let Some(child) = index.get(&BorrowedKey(label_values)) {
            return Arc::clone(child);
        }
        let sequence = ordered.next_sequence;
        let child = Arc::new(Child {
            label_values: label_values.iter().map(|value| Box::from(*value)).collect(),
            created_seconds: now_seconds(),
            value: V::new(&self.options),
            sequence,
        });
        ordered.next_sequence += 1;
        ordered.children.insert(sequence, Arc::clone(&child));
        index.insert(Key(child.label_values.clone()), Arc::clone(&child));
        child
    }

    /// Forgets a child; whoever still holds it counts into nowhere. Returns whether it was there.
    pub fn remove(&self, label_values: &[&str]) -> bool {
        let mut ordered = self.ordered.write();
        let index = self.index.pin();
        let Some(child) = index.remove(&BorrowedKey(label_values)) else { return false };
        ordered.children.remove(&child.sequence).is_some()
    }

    /// Forgets all children.
    pub fn clear(&self) {
        let mut ordered = self.ordered.write();
        self.index.pin().clear();
        ordered.children.clear();
    }
}

impl<V: Value> Collect for Family<V> {
    fn description(&self) -> &Description {
        &self.description
    }

    fn visit(&self, visitor: &mut Visitor<'_>) {
        for child in self.ordered.read().children.values() {
            visitor(&child.label_values, child.created_seconds, child.value.read());
        }
    }
}

fn now_seconds() -> f64 {
    // A clock before 1970 gives 0, which only makes `_created` useless.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[derive(Eq, PartialEq)]
struct Key(Box<[Box<str>]>);

struct BorrowedKey<'a>(&'a [&'a str]);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Hash for BorrowedKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Key> for BorrowedKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0.len() == key.0.len()
            && self.0.iter().zip(&key.0).all(|(one, other)| **one == **other)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::super::{Counter, Gauge};
    use super::*;

    fn family(label_names: &[&str]) -> Family<Counter> {
        let names = label_names.iter().map(|name| (*name).to_owned()).collect();
        Family::new("requests".into(), "All requests".into(), names, ()).unwrap()
    }

    fn values(family: &Family<Counter>) -> Vec<(Vec<String>, f64)> {
        let mut seen = Vec::new();
        family.visit(&mut |labels, _, reading| {
            let Reading::Counter(value) = reading else { panic!("not a counter") };
            seen.push((labels.iter().map(ToString::to_string).collect(), value));
        });
        seen
    }

    #[test]
    fn children_are_shown_in_the_order_of_their_creation() {
        let family = family(&["method"]);
        for method in ["zeta", "alpha", "middle"] {
            family.child(&[method]).value.increment();
        }
        let shown: Vec<_> =
            values(&family).into_iter().map(|(labels, _)| labels.concat()).collect();
        assert_eq!(shown, ["zeta", "alpha", "middle"]);
    }

    #[test]
    fn a_family_without_labels_shows_zero_from_the_start() {
        assert_eq!(values(&family(&[])), [(vec![], 0.0)]);
    }

    #[test]
    fn a_removed_child_starts_again_at_zero() {
        let family = family(&["method"]);
        family.child(&["get"]).value.increment();
        assert!(family.remove(&["get"]));
        assert!(!family.remove(&["get"]));
        assert_eq!(values(&family), []);
        family.child(&["get"]);
        assert_eq!(values(&family), [(vec!["get".to_owned()], 0.0)]);
    }

    #[test]
    fn threads_that_race_for_a_new_child_get_the_same_one() {
        let family = Family::<Gauge>::new("g".into(), String::new(), vec!["n".into()], ()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..500 {
                        family.child(&[&n.to_string()]).value.increment_by(1.0);
                    }
                });
            }
        });
        let mut seen = 0;
        family.visit(&mut |_, _, reading| {
            seen += 1;
            assert!(matches!(reading, Reading::Gauge(value) if (value - 4.0).abs() < f64::EPSILON));
        });
        assert_eq!(seen, 500);
    }

    proptest! {
        #[test]
        fn each_label_set_counts_for_itself(
            calls in prop::collection::vec(prop::collection::vec("[ab\"\\\\\n,]{0,3}", 2..=2), 0..60)
        ) {
            let family = family(&["one", "two"]);
            let mut expected: HashMap<Vec<String>, f64> = HashMap::new();
            for call in calls {
                family.child(&[&call[0], &call[1]]).value.increment();
                *expected.entry(call).or_default() += 1.0;
            }
            prop_assert_eq!(values(&family).into_iter().collect::<HashMap<_, _>>(), expected);
        }
    }
}
