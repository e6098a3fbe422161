//! The families that one exposition shows.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::{Collect, MetricError};

/// Families in the order of their registration, no two of which give a series of the same name.
#[derive(Default)]
pub struct Registry(RwLock<Families>);

#[derive(Default)]
struct Families {
    ordered: Vec<Arc<dyn Collect>>,
    owner_of: HashMap<String, Arc<dyn Collect>>,
}

impl Registry {
    /// Adds a family, unless one of its series' names is taken.
    pub fn register(&self, family: Arc<dyn Collect>) -> Result<(), MetricError> {
        let mut families = self.0.write();
        let names: Vec<String> = family.description().series_names().collect();
        let mut taken: Vec<String> = names
            .iter()
            .filter(|name| families.owner_of.contains_key(*name))
            .map(|name| format!("'{name}'"))
            .collect();
        if !taken.is_empty() {
            taken.sort();
            return Err(MetricError::Duplicate(taken.join(", ")));
        }
        for name in names {
            families.owner_of.insert(name, Arc::clone(&family));
        }
        families.ordered.push(family);
        Ok(())
    }

    /// Takes a family out; returns whether it was there.
    pub fn unregister(&self, family: &Arc<dyn Collect>) -> bool {
        let mut families = self.0.write();
        let before = families.ordered.len();
        families.ordered.retain(|other| !Arc::ptr_eq(other, family));
        families.owner_of.retain(|_, owner| !Arc::ptr_eq(owner, family));
        families.ordered.len() < before
    }

    /// The families as they are now, in the order of their registration.
    pub fn families(&self) -> Vec<Arc<dyn Collect>> {
        self.0.read().ordered.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Buckets, Counter, Family, Gauge, Histogram};
    use super::*;

    fn gauge(name: &str) -> Arc<dyn Collect> {
        Arc::new(Family::<Gauge>::new(name.into(), String::new(), vec![], ()).unwrap())
    }

    #[test]
    fn a_name_can_be_taken_once_even_by_the_series_of_another_type() {
        let registry = Registry::default();
        let counter = Family::<Counter>::new("jobs".into(), String::new(), vec![], ()).unwrap();
        registry.register(Arc::new(counter)).unwrap();
        let error = registry.register(gauge("jobs_total")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("Duplicated timeseries in CollectorRegistry: {'jobs_total'}")
        );
        registry.register(gauge("jobs_failed")).unwrap();
    }

    #[test]
    fn an_unregistered_family_frees_all_its_names() {
        let registry = Registry::default();
        let buckets = Buckets::new(&[1.0]).unwrap();
        let histogram: Arc<dyn Collect> = Arc::new(
            Family::<Histogram>::new("time".into(), String::new(), vec![], buckets).unwrap(),
        );
        registry.register(Arc::clone(&histogram)).unwrap();
        assert!(registry.register(gauge("time_bucket")).is_err());
        assert!(registry.unregister(&histogram));
        assert!(!registry.unregister(&histogram));
        registry.register(gauge("time_bucket")).unwrap();
        assert_eq!(registry.families().len(), 1);
    }
}
