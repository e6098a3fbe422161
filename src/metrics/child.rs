//! One label set of a family.

use std::fmt;
use std::sync::atomic::{AtomicPtr, Ordering};

use triomphe::ThinArc;

use super::atomic::AtomicFloat;
use super::{LabelValues, Value};

/// A child that is shared between the family and whoever counts.
///
/// Value and label values lie in one allocation, because a family can have a million of them.
pub struct ChildRef<V: Value>(ThinArc<Header<V>, u8>);

struct Header<V> {
    value: V,
    created_seconds: AtomicFloat,
    companion: Companion,
    sequence: u32,
}

/// A place for an object that belongs to the child outside of this crate's core, such as the one
/// that stands for it in Python. The core keeps it and never looks at it.
#[derive(Default)]
pub struct Companion(AtomicPtr<()>);

impl Companion {
    /// What was put last; null in the beginning.
    #[inline]
    pub fn get(&self) -> *mut () {
        self.0.load(Ordering::Acquire)
    }

    /// Puts `pointer` in its place.
    pub fn put(&self, pointer: *mut ()) {
        self.0.store(pointer, Ordering::Release);
    }

    /// Takes `pointer` out, unless another one has taken its place.
    pub fn take_out(&self, pointer: *mut ()) {
        let null = std::ptr::null_mut();
        let _ = self.0.compare_exchange(pointer, null, Ordering::AcqRel, Ordering::Relaxed);
    }
}

impl<V: Value> ChildRef<V> {
    pub(super) fn new(key: &[u8], sequence: u32, value: V, created_seconds: f64) -> Self {
        let header = Header {
            value,
            created_seconds: AtomicFloat::new(created_seconds),
            companion: Companion::default(),
            sequence,
        };
        Self(ThinArc::from_header_and_slice(header, key))
    }

    /// The counter, gauge, histogram or summary.
    #[inline]
    pub fn value(&self) -> &V {
        &self.0.header.header.value
    }

    /// The label values in the order of the family's label names.
    pub fn label_values(&self) -> LabelValues<'_> {
        LabelValues::from_key(self.key())
    }

    /// When it was created or began anew, in seconds since the Unix epoch.
    pub fn created_seconds(&self) -> f64 {
        self.0.header.header.created_seconds.get()
    }

    /// Says that it was created at `created_seconds` since the Unix epoch.
    pub fn set_created_seconds(&self, created_seconds: f64) {
        self.0.header.header.created_seconds.set(created_seconds);
    }

    /// Begins anew at zero, `created_seconds` since the Unix epoch.
    pub fn reset(&self, created_seconds: f64) {
        self.value().reset();
        self.set_created_seconds(created_seconds);
    }

    /// The place for an object of whoever uses the core.
    #[inline]
    pub fn companion(&self) -> &Companion {
        &self.0.header.header.companion
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.0.slice
    }

    pub(super) fn sequence(&self) -> u32 {
        self.0.header.header.sequence
    }
}

impl<V: Value> Clone for ChildRef<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V: Value> fmt::Debug for ChildRef<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ChildRef").field(&self.label_values()).finish()
    }
}
