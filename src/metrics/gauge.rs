//! A value that goes up and down.

use super::atomic::{AtomicFloat, Writers};
use super::{MetricKind, Reading, Value};

/// Holds what is the case now.
pub struct Gauge(AtomicFloat);

impl Gauge {
    /// Adds `amount`.
    pub fn increment_by(&self, amount: f64) {
        self.increment_among(Writers::Many, amount);
    }

    /// As `increment_by`, for who knows how many write.
    #[inline]
    pub fn increment_among(&self, writers: Writers, amount: f64) {
        self.0.add(amount, writers);
    }

    /// Takes `amount` away, or what there is if that is less.
    pub fn decrement_to_zero(&self, amount: f64) {
        self.0.update(|value| (value - amount).max(0.0));
    }

    /// Replaces the value.
    #[inline]
    pub fn set(&self, value: f64) {
        self.0.set(value);
    }

    /// The value now.
    pub fn get(&self) -> f64 {
        self.0.get()
    }
}

impl Value for Gauge {
    type Options = ();
    const KIND: MetricKind = MetricKind::Gauge;

    fn new((): &()) -> Self {
        Self(AtomicFloat::new(0.0))
    }

    fn read(&self, (): &()) -> Reading {
        Reading::Gauge(self.get())
    }

    fn is_zero(&self) -> bool {
        self.get() == 0.0
    }

    fn reset(&self) {
        self.0.set(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_added_cannot_be_taken_to_below_zero() {
        let gauge = Gauge::new(&());
        gauge.increment_by(1.0);
        gauge.decrement_to_zero(3.0);
        assert!(gauge.is_zero());
    }
}
