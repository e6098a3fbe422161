//! What threads change at the same time: atomics, and the lock of what is more than one of them.
//!
//! Under `model_check` they are those of the model checker (`tests/models`).

#[cfg(model_check)]
pub(super) use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(model_check))]
pub(super) use parking_lot::RwLock;
#[cfg(not(model_check))]
pub(super) use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(model_check)]
pub(super) use crate::lock::RwLock;

/// Who may write at the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Writers {
    /// Any thread: each update is one atomic step.
    Many,
    /// One at a time, because all who write hold a lock that the core does not know, such as
    /// Python's GIL. Then reading and writing may be two steps, which take a third of the time;
    /// who reads meanwhile sees the value before or after.
    One,
}

/// Adds `amount` to a count.
#[inline]
pub(super) fn add_to_count(count: &AtomicU64, amount: u64, writers: Writers) {
    match writers {
        Writers::Many => {
            count.fetch_add(amount, Ordering::Relaxed);
        }
        Writers::One => count.store(count.load(Ordering::Relaxed) + amount, Ordering::Relaxed),
    }
}

/// An `f64` behind atomic operations on its bits.
///
/// All of them are relaxed: a value stands for itself, and nothing else is published through it.
#[derive(Debug)]
pub struct AtomicFloat(AtomicU64);

impl AtomicFloat {
    /// Starts at `value`.
    pub fn new(value: f64) -> Self {
        Self(AtomicU64::new(value.to_bits()))
    }

    /// The value now.
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// Replaces the value.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// Adds `amount`.
    #[inline]
    pub fn add(&self, amount: f64, writers: Writers) {
        match writers {
            Writers::Many => self.update(|value| value + amount),
            Writers::One => self.set(self.get() + amount),
        }
    }

    /// Replaces the value by a function of it, which may be called several times.
    #[inline]
    pub fn update(&self, change: impl Fn(f64) -> f64) {
        let mut current = self.0.load(Ordering::Relaxed);
        loop {
            let changed = change(f64::from_bits(current)).to_bits();
            let result = self.0.compare_exchange_weak(
                current,
                changed,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match result {
                Ok(_) => return,
                Err(actual) => current = actual,
            }
        }
    }
}
