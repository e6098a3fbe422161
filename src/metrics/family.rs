//! A metric with labels: a table from label values to children.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::{Mutex, RwLock};

use super::children::{Children, Cursor};
use super::exemplar::{BucketExemplars, Exemplar, Exemplars};
use super::label_values::Key;
use super::{ChildRef, HistogramReading, LabelValues, MetricKind, fork};

/// The value of each label of the one child that counts for all beyond a family's limit.
pub const OVERFLOW_LABEL_VALUE: &str = "overflow";

/// How many children are shown under one hold of the lock, which a new child waits for.
const CHILDREN_PER_HOLD: usize = 64;

/// A value that a family can hold one of for each label set.
pub trait Value: Send + Sync + Sized + 'static {
    /// What all children share; the buckets of a histogram.
    type Options: Send + Sync;
    /// The type in the exposition.
    const KIND: MetricKind;
    /// A value at its beginning.
    fn new(options: &Self::Options) -> Self;
    /// The value as it is now.
    fn read(&self, options: &Self::Options) -> Reading;
    /// Whether it says that there is nothing; only a gauge can.
    fn is_zero(&self) -> bool {
        false
    }
    /// Starts again.
    fn reset(&self);
}

/// What does not change about a family.
#[derive(Clone, Debug)]
pub struct Description {
    /// The full name, without the `_total` of a counter.
    pub name: String,
    /// The text of the `# HELP` line.
    pub documentation: String,
    /// The unit that the name ends in; empty where there is none.
    pub unit: String,
    /// The type.
    pub kind: MetricKind,
    /// The labels' names in the order of construction, which is the order of positional values.
    pub label_names: Vec<String>,
}

impl Description {
    /// Whether the label at `place` is shown: of several with one name only the last is, as in a
    /// mapping.
    pub fn shows_label(&self, place: usize) -> bool {
        let names = &self.label_names;
        names.iter().skip(place + 1).all(|name| *name != names[place])
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
    /// Of a summary.
    Summary {
        /// How many observations there were.
        count: u64,
        /// Their sum.
        sum: f64,
    },
}

/// A child as an encoder sees it.
pub struct ChildReading<'a> {
    /// In the order of the family's label names.
    pub label_values: LabelValues<'a>,
    /// When it was created, in seconds since the Unix epoch.
    pub created_seconds: f64,
    /// Its value.
    pub reading: Reading,
    /// Its latest exemplars.
    pub exemplars: BucketExemplars,
}

/// A family as a registry and an encoder see it.
pub trait Collect: Send + Sync {
    /// Name, help, type and label names.
    fn description(&self) -> &Description;
    /// Shows each child to `visitor`, in the order of their creation. Locks are held for a few
    /// children at a time.
    fn visit(&self, visitor: &mut dyn FnMut(ChildReading<'_>));
    /// Whether some of its values can only be had from the interpreter that made it.
    fn needs_interpreter(&self) -> bool;
    /// Starts all children at zero, created now.
    fn reset(&self);
}

/// A metric with all its children.
pub struct Family<V: Value> {
    description: Description,
    options: V::Options,
    children: RwLock<Children<V>>,
    exemplars: Exemplars,
    needs_interpreter: AtomicBool,
    limit: AtomicU64,
    overflow_count: AtomicU64,
    zeros: Mutex<Zeros>,
}

/// Since when children have been zero, of a family that drops such children.
#[derive(Default)]
struct Zeros {
    lifetime: Option<Duration>,
    since: HashMap<u32, Instant>,
}

impl<V: Value> Family<V> {
    /// A family without children; one without labels has its only child from the start.
    ///
    /// Names and labels are those of the exposition format; whoever chooses them checks them.
    pub fn new(description: Description, options: V::Options) -> Arc<Self> {
        let family = Arc::new(Self {
            description,
            options,
            children: RwLock::default(),
            exemplars: Exemplars::default(),
            needs_interpreter: AtomicBool::new(false),
            limit: AtomicU64::new(u64::MAX),
            overflow_count: AtomicU64::new(0),
            zeros: Mutex::default(),
        });
        if family.description.label_names.is_empty() {
            family.child(&[]);
        }
        let as_collect: Arc<dyn Collect> = family.clone();
        fork::remember(Arc::downgrade(&as_collect));
        family
    }

    /// What all children share.
    pub fn options(&self) -> &V::Options {
        &self.options
    }

    /// The child with those label values, if it is there.
    pub fn find(&self, label_values: &[&str]) -> Option<ChildRef<V>> {
        let _pass = fork::pass();
        self.children.read().get(Key::new(label_values).as_bytes()).cloned()
    }

    /// The child with those label values, which are as many as there are label names; created now
    /// if it is not there.
    pub fn child(&self, label_values: &[&str]) -> ChildRef<V> {
        self.find(label_values).unwrap_or_else(|| self.create(label_values, now_seconds()))
    }

    /// As `child`; a new one says that it was created at `created_seconds` since the Unix epoch.
    pub fn create(&self, label_values: &[&str], created_seconds: f64) -> ChildRef<V> {
        debug_assert_eq!(label_values.len(), self.description.label_names.len());
        let _pass = fork::pass();
        let mut key = Key::new(label_values);
        let mut children = self.children.write();
        if children.len() as u64 >= self.limit.load(Ordering::Relaxed)
            && children.get(key.as_bytes()).is_none()
        {
            self.overflow_count.fetch_add(1, Ordering::Relaxed);
            key = Key::new(&vec![OVERFLOW_LABEL_VALUE; label_values.len()]);
        }
        if let Some(child) = children.get(key.as_bytes()) {
            return child.clone();
        }
        let value = V::new(&self.options);
        let make = |sequence| ChildRef::new(key.as_bytes(), sequence, value, created_seconds);
        children.insert(key.as_bytes(), make).clone()
    }

    /// Forgets a child and returns it, if it was there; whoever still holds it counts into nowhere.
    pub fn remove(&self, label_values: &[&str]) -> Option<ChildRef<V>> {
        let _pass = fork::pass();
        let child = self.children.write().remove(Key::new(label_values).as_bytes())?;
        self.exemplars.remove(child.sequence());
        Some(child)
    }

    /// Forgets all children and returns them.
    pub fn clear(&self) -> Vec<ChildRef<V>> {
        let _pass = fork::pass();
        self.exemplars.clear();
        self.children.write().clear()
    }

    /// All children in the order of their creation.
    pub fn children(&self) -> Vec<ChildRef<V>> {
        let _pass = fork::pass();
        self.children.read().iter().cloned().collect()
    }

    /// Keeps `exemplar` as the latest one of a child's bucket.
    pub fn put_exemplar(&self, child: &ChildRef<V>, bucket: usize, exemplar: Exemplar) {
        let _pass = fork::pass();
        self.exemplars.put(child.sequence(), bucket, exemplar);
    }

    /// The latest exemplars of a child.
    pub fn exemplars(&self, child: &ChildRef<V>) -> BucketExemplars {
        let _pass = fork::pass();
        self.exemplars.get(child.sequence())
    }

    /// From now on the values can only be had from the interpreter.
    pub fn set_needs_interpreter(&self) {
        self.needs_interpreter.store(true, Ordering::Relaxed);
    }

    /// Lets no more than `limit` children be made; the others count in one whose label values are
    /// `OVERFLOW_LABEL_VALUE`.
    pub fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How often a new child was asked for beyond the limit.
    pub fn overflow_count(&self) -> u64 {
        self.overflow_count.load(Ordering::Relaxed)
    }

    /// Forgets each child that has been zero for `lifetime`, as seen by one reading after another.
    /// The only child of a family without labels stays.
    pub fn drop_zeros_after(&self, lifetime: Duration) {
        self.zeros.lock().lifetime =
            Some(lifetime).filter(|_| !self.description.label_names.is_empty());
    }

    fn drop_old_zeros(&self) {
        let _pass = fork::pass();
        let mut zeros = self.zeros.lock();
        let Some(lifetime) = zeros.lifetime else { return };
        let children = self.children();
        let now = Instant::now();
        let is_zero = |child: &&ChildRef<V>| child.value().is_zero();
        let since: HashMap<u32, Instant> = (children.iter().filter(is_zero))
            .map(|child| (child.sequence(), *zeros.since.get(&child.sequence()).unwrap_or(&now)))
            .collect();
        zeros.since = since;
        for child in children {
            let Some(since) = zeros.since.get(&child.sequence()) else { continue };
            if now.duration_since(*since) >= lifetime && child.value().is_zero() {
                zeros.since.remove(&child.sequence());
                self.exemplars.remove(child.sequence());
                self.children.write().remove(child.key());
            }
        }
    }
}

impl<V: Value> Collect for Family<V> {
    fn description(&self) -> &Description {
        &self.description
    }

    fn visit(&self, visitor: &mut dyn FnMut(ChildReading<'_>)) {
        self.drop_old_zeros();
        let mut cursor = Cursor::default();
        loop {
            let _pass = fork::pass();
            let children = self.children.read();
            let some = children.next(&mut cursor, CHILDREN_PER_HOLD);
            if some.is_empty() {
                return;
            }
            for child in some {
                visitor(ChildReading {
                    label_values: child.label_values(),
                    created_seconds: child.created_seconds(),
                    reading: child.value().read(&self.options),
                    exemplars: self.exemplars.get(child.sequence()),
                });
            }
        }
    }

    fn needs_interpreter(&self) -> bool {
        self.needs_interpreter.load(Ordering::Relaxed)
    }

    fn reset(&self) {
        for child in self.children() {
            child.reset(now_seconds());
        }
        self.exemplars.clear();
    }
}

fn now_seconds() -> f64 {
    // A clock before 1970 gives 0, which only makes `_created` useless.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Counter, Gauge};
    use super::*;

    fn family<V: Value<Options = ()>>(label_names: &[&str]) -> Arc<Family<V>> {
        let description = Description {
            name: "requests".into(),
            documentation: "All requests".into(),
            unit: String::new(),
            kind: V::KIND,
            label_names: label_names.iter().map(|name| (*name).to_owned()).collect(),
        };
        Family::new(description, ())
    }

    fn values<V: Value>(family: &Family<V>) -> Vec<(Vec<String>, f64)> {
        let mut seen = Vec::new();
        family.visit(&mut |child| {
            let (Reading::Counter(value) | Reading::Gauge(value)) = child.reading else {
                panic!("not a single value")
            };
            let labels = child.label_values.iter(family.description.label_names.len());
            seen.push((labels.map(str::to_owned).collect(), value));
        });
        seen
    }

    fn shown(family: &Family<Counter>) -> Vec<String> {
        values(family).into_iter().map(|(labels, _)| labels.concat()).collect()
    }

    #[test]
    fn children_are_shown_in_the_order_of_their_creation() {
        let family = family::<Counter>(&["method"]);
        for method in ["zeta", "alpha", "middle"] {
            family.child(&[method]);
        }
        assert_eq!(shown(&family), ["zeta", "alpha", "middle"]);
    }

    #[test]
    fn a_family_without_labels_shows_zero_from_the_start() {
        assert_eq!(values(&family::<Counter>(&[])), [(vec![], 0.0)]);
    }

    #[test]
    fn a_removed_child_starts_again_at_zero() {
        let family = family::<Counter>(&["method"]);
        family.child(&["get"]).value().increment_by(1.0).unwrap();
        assert!(family.remove(&["get"]).is_some());
        assert!(family.remove(&["get"]).is_none());
        assert_eq!(values(&family), []);
        family.child(&["get"]);
        assert_eq!(values(&family), [(vec!["get".to_owned()], 0.0)]);
    }

    #[test]
    fn order_survives_many_removals() {
        let family = family::<Counter>(&["n"]);
        for n in 0..1000 {
            family.child(&[&n.to_string()]);
        }
        for n in (0..1000).filter(|n| n % 10 != 0) {
            family.remove(&[&n.to_string()]);
        }
        family.child(&["last"]);
        let expected: Vec<String> =
            (0..1000).step_by(10).map(|n| n.to_string()).chain(["last".to_owned()]).collect();
        assert_eq!(shown(&family), expected);
        assert!(family.find(&["990"]).is_some());
    }

    #[test]
    fn beyond_the_limit_one_child_counts_for_all() {
        let family = family::<Counter>(&["worker"]);
        family.set_limit(2);
        for worker in ["a", "b", "c", "d", "a"] {
            family.child(&[worker]).value().increment_by(1.0).unwrap();
        }
        let expected = [("a", 2.0), ("b", 1.0), ("overflow", 2.0)];
        assert_eq!(values(&family), expected.map(|(name, value)| (vec![name.to_owned()], value)));
        assert_eq!(family.overflow_count(), 2);
    }

    #[test]
    fn children_that_stay_zero_are_dropped() {
        let family = family::<Gauge>(&["worker"]);
        family.drop_zeros_after(Duration::ZERO);
        family.child(&["gone"]);
        family.child(&["here"]).value().set(1.0);
        assert_eq!(values(&family), [(vec!["here".to_owned()], 1.0)]);
    }

    #[test]
    fn threads_that_race_for_a_new_child_get_the_same_one() {
        let family = family::<Gauge>(&["n"]);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..500 {
                        family.child(&[&n.to_string()]).value().increment_by(1.0);
                    }
                });
            }
        });
        let values = values(&family);
        assert_eq!(values.len(), 500);
        assert!(values.iter().all(|(_, value)| (value - 4.0).abs() < f64::EPSILON));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Count(Vec<String>),
        Remove(Vec<String>),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let labels = || prop::collection::vec("[ab\"\\\\\n,]{0,2}", 2..=2);
        let step = prop_oneof![
            3 => labels().prop_map(Step::Count),
            1 => labels().prop_map(Step::Remove),
        ];
        prop::collection::vec(step, 0..120)
    }

    proptest! {
        #[test]
        fn each_label_set_counts_for_itself(steps in steps()) {
            let family = family::<Counter>(&["one", "two"]);
            let mut expected: Vec<(Vec<String>, f64)> = Vec::new();
            for step in steps {
                match step {
                    Step::Count(labels) => {
                        family.child(&[&labels[0], &labels[1]]).value().increment_by(1.0).unwrap();
                        match expected.iter_mut().find(|(known, _)| *known == labels) {
                            Some((_, value)) => *value += 1.0,
                            None => expected.push((labels, 1.0)),
                        }
                    }
                    Step::Remove(labels) => {
                        family.remove(&[&labels[0], &labels[1]]);
                        expected.retain(|(known, _)| *known != labels);
                    }
                }
            }
            prop_assert_eq!(values(&family), expected);
        }
    }
}
