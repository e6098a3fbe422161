//! How long to wait before the next try.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(30);
const LONGEST: Duration = Duration::from_secs(30);

/// What a receiver may ask for at most: a mistake there must not silence the store for days.
const LONGEST_ASKED: Duration = Duration::from_secs(10 * 60);

/// Waits that double from one failure to the next.
#[derive(Debug)]
pub struct BackOff(Duration);

impl Default for BackOff {
    fn default() -> Self {
        Self(SHORTEST)
    }
}

impl BackOff {
    /// The wait after a failure: what the receiver asked for, if it did.
    ///
    /// It differs by up to a half from one store to another, so that they do not all come at once
    /// to a receiver that is back.
    pub fn next(&mut self, asked: Option<Duration>) -> Duration {
        let wait = self.0;
        self.0 = (wait * 2).min(LONGEST);
        match asked {
            Some(asked) => asked.min(LONGEST_ASKED).max(wait),
            None => wait.mul_f64(0.5 + random_share() / 2.0),
        }
    }
}

/// Anything from 0 to 1.
fn random_share() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute_and_are_not_the_same_everywhere() {
        let mut back_off = BackOff::default();
        let waits: Vec<_> = (0..20).map(|_| back_off.next(None).as_secs_f64()).collect();
        for (index, wait) in waits.iter().enumerate() {
            let whole = (0.03 * f64::from(1_u32 << index)).min(30.0);
            assert!((whole / 2.0..=whole).contains(wait), "{index}: {wait} of {whole}");
        }
        let (first, second) = (BackOff::default().next(None), BackOff::default().next(None));
        assert_ne!(first, second);
    }

    #[test]
    fn what_the_receiver_asks_for_is_honoured_within_reason() {
        let asked = |seconds| BackOff::default().next(Some(Duration::from_secs(seconds)));
        assert_eq!(asked(7), Duration::from_secs(7));
        assert_eq!(asked(86_400), LONGEST_ASKED);
        assert_eq!(asked(0), SHORTEST);
    }
}
