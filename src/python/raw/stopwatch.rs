//! Times that are taken of work that goes on in steps.
//!
//! A coroutine or generator is never resumed by two threads at once, so that loads and stores are
//! enough; atomics make the mistake of trying it harmless on a Python without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::clock::{now_ticks, ticks_since};

const NOT_BEGUN: u64 = u64::MAX;
const OVER: u64 = u64::MAX - 1;

/// What takes the time of work, from its first step to its end.
pub trait Stopwatch: Default + 'static {
    /// Whether there was a first step. It stays so after the end.
    fn has_begun(&self) -> bool;

    /// Before a step; returns what is to be given to `pause` or `take_back` after it.
    fn resume(&self) -> u64;

    /// After a step.
    fn pause(&self, resumed: u64);

    /// After a step that was refused: work that it would have begun has not.
    fn take_back(&self, resumed: u64);

    /// Ends for good; returns the ticks if it had begun and was not over.
    fn end(&self) -> Option<u64>;
}

/// Ticks, or that there are none yet or no longer.
struct Ticks(AtomicU64);

impl Default for Ticks {
    fn default() -> Self {
        Self(AtomicU64::new(NOT_BEGUN))
    }
}

impl Ticks {
    #[inline]
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, ticks: u64) {
        self.0.store(ticks, Ordering::Relaxed);
    }

    #[inline]
    fn end(&self) -> Option<u64> {
        let ticks = self.get();
        self.set(OVER);
        (ticks < OVER).then_some(ticks)
    }
}

/// One stretch of time, the pauses between steps included.
#[derive(Default)]
pub struct Stretch {
    /// When it began.
    began: Ticks,
}

impl Stopwatch for Stretch {
    fn has_begun(&self) -> bool {
        self.began.get() != NOT_BEGUN
    }

    #[inline]
    fn resume(&self) -> u64 {
        let before = self.began.get();
        if before == NOT_BEGUN {
            self.began.set(now_ticks());
        }
        before
    }

    #[inline]
    fn pause(&self, _: u64) {}

    fn take_back(&self, before: u64) {
        if before == NOT_BEGUN {
            self.began.set(before);
        }
    }

    #[inline]
    fn end(&self) -> Option<u64> {
        self.began.end().map(ticks_since)
    }
}

/// The sum of the steps, without the pauses between them.
#[derive(Default)]
pub struct Sum {
    sum: Ticks,
}

impl Sum {
    /// Adds a step, unless it is over.
    #[inline]
    pub fn add(&self, ticks: u64) {
        let sum = match self.sum.get() {
            OVER => return,
            NOT_BEGUN => 0,
            sum => sum,
        };
        self.sum.set(sum.saturating_add(ticks).min(OVER - 1));
    }
}

impl Stopwatch for Sum {
    fn has_begun(&self) -> bool {
        self.sum.get() != NOT_BEGUN
    }

    #[inline]
    fn resume(&self) -> u64 {
        now_ticks()
    }

    #[inline]
    fn pause(&self, resumed_ticks: u64) {
        self.add(ticks_since(resumed_ticks));
    }

    fn take_back(&self, resumed_ticks: u64) {
        if self.has_begun() {
            self.pause(resumed_ticks);
        }
    }

    fn end(&self) -> Option<u64> {
        self.sum.end()
    }
}
