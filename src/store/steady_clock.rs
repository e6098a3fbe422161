//! Telling whether the wall clock can be believed, by one that nobody sets.

/// How far ahead it may get from one look to the next: more than any clock runs too fast.
const TOLERANCE_MS: i64 = 60 * 1_000;

/// How long a clock that was set ahead is not believed: time to see the mistake and to correct it.
/// As a laptop that has slept looks the same, it is believed in the end.
const DOUBT_MS: i64 = 60 * 60 * 1_000;

/// Looks at two clocks now and then.
#[derive(Debug, Default)]
pub struct SteadyClock {
    /// What the wall clock was ahead of the monotonic one when it was last believed.
    believed_ahead_ms: Option<i64>,
    /// Since when it is not, by the monotonic one.
    doubted_since_ms: Option<i64>,
}

impl SteadyClock {
    /// Whether to believe the wall clock, which is believed at the first look.
    pub fn believes(&mut self, wall_ms: i64, monotonic_ms: i64) -> bool {
        let ahead_ms = wall_ms.saturating_sub(monotonic_ms);
        if self.is_set_ahead(ahead_ms) {
            let since_ms = *self.doubted_since_ms.get_or_insert(monotonic_ms);
            if monotonic_ms - since_ms < DOUBT_MS {
                return false;
            }
        }
        *self = Self { believed_ahead_ms: Some(ahead_ms), doubted_since_ms: None };
        true
    }

    fn is_set_ahead(&self, ahead_ms: i64) -> bool {
        self.believed_ahead_ms.is_some_and(|believed_ms| ahead_ms - believed_ms > TOLERANCE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * 1_000;
    const NOON: i64 = 1_000 * MINUTE;

    /// Whether a clock is believed that is so far ahead at each of these minutes.
    fn believed(looks: impl IntoIterator<Item = (i64, i64)>) -> Vec<bool> {
        let mut clock = SteadyClock::default();
        let believes = |(minute, ahead_ms)| {
            let monotonic_ms = minute * MINUTE;
            clock.believes(NOON + monotonic_ms + ahead_ms, monotonic_ms)
        };
        looks.into_iter().map(believes).collect()
    }

    #[test]
    fn a_clock_that_runs_a_little_too_fast_or_is_set_back_is_believed() {
        assert_eq!(believed((0..100).map(|minute| (minute, minute * MINUTE / 2))), [true; 100]);
        assert_eq!(believed([(0, 0), (1, -90 * MINUTE), (2, -90 * MINUTE)]), [true; 3]);
    }

    #[test]
    fn a_clock_that_is_set_ahead_is_believed_after_an_hour() {
        let ahead = 24 * 60 * MINUTE;
        let looks = [(0, 0), (1, ahead), (2, ahead), (60, ahead), (61, ahead), (62, ahead)];
        assert_eq!(believed(looks), [true, false, false, false, true, true]);
    }

    #[test]
    fn a_clock_that_is_right_again_is_believed_at_once_and_each_mistake_has_its_own_hour() {
        let ahead = 120 * MINUTE;
        let looks = [(0, 0), (1, ahead), (2, 0), (50, ahead), (61, ahead), (109, ahead)];
        assert_eq!(believed(looks), [true, false, true, false, false, false]);
    }

    #[test]
    fn a_laptop_that_often_sleeps_is_believed_after_an_hour_awake() {
        let slept = |minute| (minute, minute / 30 * 8 * 60 * MINUTE);
        let believed = believed((0..=90).map(slept));
        assert_eq!(believed.iter().filter(|&&believed| believed).count(), 31);
        assert!(believed[90]);
    }
}
