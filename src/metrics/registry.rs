//! The families that one exposition shows.

use std::sync::Arc;

use parking_lot::RwLock;

use super::{Collect, fork};

/// Families in the order of their registration.
///
/// That no two give a series of the same name is for whoever registers them to check.
#[derive(Default)]
pub struct Registry(RwLock<Vec<Arc<dyn Collect>>>);

impl Registry {
    /// Adds a family behind the others.
    pub fn add(&self, family: Arc<dyn Collect>) {
        let _pass = fork::pass();
        self.0.write().push(family);
    }

    /// Takes a family out; returns whether it was there.
    pub fn remove(&self, family: &Arc<dyn Collect>) -> bool {
        let _pass = fork::pass();
        let mut families = self.0.write();
        let before = families.len();
        families.retain(|other| !Arc::ptr_eq(other, family));
        families.len() < before
    }

    /// The families as they are now.
    pub fn families(&self) -> Vec<Arc<dyn Collect>> {
        let _pass = fork::pass();
        self.0.read().clone()
    }
}
