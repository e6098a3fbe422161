//! The processor's time-stamp counter, or the system's monotonic clock where the counter's rate
//! is not constant; either way time that does not go back.

use std::sync::LazyLock;

use quanta::Clock;

static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::new);

/// Calibrates the counter, which takes a millisecond that no timed call should pay.
pub fn calibrate() {
    LazyLock::force(&CLOCK);
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
    CLOCK.delta_as_nanos(0, ticks) as f64 * 1e-9
}

/// Seconds from a moment until now.
#[inline]
pub fn seconds_since(start_ticks: u64) -> f64 {
    seconds_of(ticks_since(start_ticks))
}
