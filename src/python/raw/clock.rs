//! The processor's time-stamp counter, or the system's monotonic clock where the counter's rate
//! is not constant; either way time that does not go back.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use quanta::Clock;

static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::new);

/// The bits of a float. The clock's own conversion goes through whole nanoseconds, which takes
/// longer than reading the counter's rate.
static SECONDS_PER_TICK: AtomicU64 = AtomicU64::new(0);

/// So many that the rate has all the digits of a float's.
const TICKS_OF_CALIBRATION: u64 = 1 << 53;

/// Calibrates the counter, which takes a millisecond that no timed call should pay.
pub fn calibrate() {
    let nanoseconds = CLOCK.delta_as_nanos(0, TICKS_OF_CALIBRATION);
    let seconds_per_tick = nanoseconds as f64 * 1e-9 / TICKS_OF_CALIBRATION as f64;
    SECONDS_PER_TICK.store(seconds_per_tick.to_bits(), Ordering::Relaxed);
}

/// A moment, in ticks; only their difference means something.
#[inline]
pub fn now_ticks() -> u64 {
    CLOCK.raw()
}

/// Ticks from a moment until now; zero if a second processor's counter is a little behind.
#[inline]
pub fn ticks_since(start_ticks: u64) -> u64 {
    now_ticks().saturating_sub(start_ticks)
}

/// A number of ticks as seconds.
#[inline]
pub fn seconds_of(ticks: u64) -> f64 {
    ticks as f64 * f64::from_bits(SECONDS_PER_TICK.load(Ordering::Relaxed))
}

/// Seconds from a moment until now.
#[inline]
pub fn seconds_since(start_ticks: u64) -> f64 {
    seconds_of(ticks_since(start_ticks))
}
