//! Times that are begun and ended from the interpreter.
//!
//! A coroutine or generator is never resumed by two threads at once, so that loads and stores are
//! enough; atomics make the mistake of trying it harmless on a Python without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::clock::now_ticks;

const NOT_BEGUN: u64 = u64::MAX;
const OVER: u64 = u64::MAX - 1;

/// One stretch of time, from its beginning to its end.
pub struct Stretch(AtomicU64);

impl Stretch {
    pub fn new() -> Self {
        Self(AtomicU64::new(NOT_BEGUN))
    }

    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed) != NOT_BEGUN
    }

    /// Begins, unless it has begun; returns when it did, in ticks.
    #[inline]
    pub fn begin(&self) -> u64 {
        let began_ticks = self.0.load(Ordering::Relaxed);
        if began_ticks != NOT_BEGUN {
            return began_ticks;
        }
        let now_ticks = now_ticks();
        self.0.store(now_ticks, Ordering::Relaxed);
        now_ticks
    }

    /// Ends; returns when it began, in ticks, if it had and was not over.
    #[inline]
    pub fn end(&self) -> Option<u64> {
        let began_ticks = self.0.load(Ordering::Relaxed);
        if began_ticks >= OVER {
            return None;
        }
        self.0.store(OVER, Ordering::Relaxed);
        Some(began_ticks)
    }
}

/// The sum of several stretches.
pub struct Sum(AtomicU64);

impl Sum {
    pub fn new() -> Self {
        Self(AtomicU64::new(NOT_BEGUN))
    }

    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed) != NOT_BEGUN
    }

    /// Adds a stretch, unless the sum is over.
    #[inline]
    pub fn add(&self, ticks: u64) {
        let sum_ticks = match self.0.load(Ordering::Relaxed) {
            OVER => return,
            NOT_BEGUN => 0,
            sum_ticks => sum_ticks,
        };
        self.0.store(sum_ticks.saturating_add(ticks).min(OVER - 1), Ordering::Relaxed);
    }

    /// Ends; returns the sum in ticks, if anything was added and it was not over.
    pub fn end(&self) -> Option<u64> {
        let sum_ticks = self.0.load(Ordering::Relaxed);
        if sum_ticks >= OVER {
            return None;
        }
        self.0.store(OVER, Ordering::Relaxed);
        Some(sum_ticks)
    }
}
