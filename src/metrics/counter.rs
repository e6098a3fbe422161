//! A value that only goes up.

use super::atomic::{AtomicFloat, Writers};
use super::{MetricError, MetricKind, Reading, Value};

/// Counts events.
pub struct Counter(AtomicFloat);

impl Counter {
    /// Adds `amount`, which may not be negative. NaN makes the counter NaN, as a float does.
    pub fn increment_by(&self, amount: f64) -> Result<(), MetricError> {
        self.increment_among(Writers::Many, amount)
    }

    /// As `increment_by`, for who knows how many write.
    #[inline]
    pub fn increment_among(&self, writers: Writers, amount: f64) -> Result<(), MetricError> {
        if amount < 0.0 {
            return Err(MetricError::NegativeIncrement(amount));
        }
        self.0.add(amount, writers);
        Ok(())
    }

    /// The value now.
    pub fn get(&self) -> f64 {
        self.0.get()
    }

    /// Replaces the value, for who restores a counter.
    pub fn set(&self, value: f64) {
        self.0.set(value);
    }
}

impl Value for Counter {
    type Options = ();
    const KIND: MetricKind = MetricKind::Counter;

    fn new((): &()) -> Self {
        Self(AtomicFloat::new(0.0))
    }

    fn read(&self, (): &()) -> Reading {
        Reading::Counter(self.get())
    }

    fn reset(&self) {
        self.0.set(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_refuses_to_go_down_and_keeps_its_value() {
        let counter = Counter::new(&());
        counter.increment_by(1.0).unwrap();
        assert_eq!(counter.increment_by(-0.5), Err(MetricError::NegativeIncrement(-0.5)));
        assert!((counter.get() - 1.0).abs() < f64::EPSILON);
    }
}
