//! What a server shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::encoding::MetricFamily;
use crate::metrics::Collect;

/// A registry as the server sees it: asked anew for each scrape.
pub trait Contents: Send + Sync {
    /// What there is now, in the order in which it is shown. Must not block.
    fn parts(&self) -> Vec<Part>;
}

/// One thing that a registry holds.
#[derive(Clone)]
pub enum Part {
    /// A family that the server reads by itself.
    Native(Arc<dyn Collect>),
    /// A family that is the same for all scrapes.
    Constant(MetricFamily),
    /// Something that has to be asked.
    Source(Arc<dyn Source>),
}

/// Families that are made elsewhere, such as by a collector in Python.
pub trait Source: Send + Sync {
    /// What to call it when it fails.
    fn name(&self) -> &str;
    /// The families as they are now, or why there are none. May block.
    fn gather(&self) -> Result<Vec<MetricFamily>, String>;
}

/// A source that is not asked again while it still works on an earlier scrape: one that hangs
/// would otherwise hold one more thread after each.
pub struct OneAtATime<S> {
    source: S,
    is_busy: AtomicBool,
}

impl<S> OneAtATime<S> {
    /// Guards `source`.
    pub fn new(source: S) -> Self {
        Self { source, is_busy: AtomicBool::new(false) }
    }

    /// The source itself.
    pub fn inner(&self) -> &S {
        &self.source
    }
}

impl<S: Source> Source for OneAtATime<S> {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn gather(&self) -> Result<Vec<MetricFamily>, String> {
        if self.is_busy.swap(true, Ordering::Acquire) {
            return Err("it is still busy with an earlier scrape".to_owned());
        }
        let result = self.source.gather();
        self.is_busy.store(false, Ordering::Release);
        result
    }
}
