//! The times at which an expression is evaluated.

use super::error::QueryError;

/// Evenly spaced evaluation times; at least one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The first time, in milliseconds since the Unix epoch.
    pub start_ms: i64,
    /// What lies between two times; 0 where all steps look at the same time (`@`).
    pub step_ms: i64,
    /// How many times there are.
    pub steps: usize,
}

impl Grid {
    /// A single time.
    pub fn instant(at_ms: i64) -> Self {
        Self { start_ms: at_ms, step_ms: 0, steps: 1 }
    }

    /// The times from `start_ms` on that are not after `end_ms`, which is not before `start_ms`.
    pub fn spanning(start_ms: i64, end_ms: i64, step_ms: i64) -> Result<Self, QueryError> {
        let span_ms = end_ms.checked_sub(start_ms).filter(|span_ms| *span_ms >= 0);
        let steps = span_ms.and_then(|span_ms| usize::try_from(span_ms / step_ms).ok());
        let out_of_range = || QueryError::BadData("the time range is too large".into());
        let steps = steps.and_then(|steps| steps.checked_add(1)).ok_or_else(out_of_range)?;
        Ok(Self { start_ms, step_ms, steps })
    }

    /// The times in order.
    pub fn times_ms(self) -> impl Iterator<Item = i64> {
        let mut next_ms = self.start_ms;
        (0..self.steps).map(move |_| {
            let time_ms = next_ms;
            next_ms = next_ms.saturating_add(self.step_ms);
            time_ms
        })
    }

    /// The last time.
    pub fn end_ms(self) -> i64 {
        let steps = i64::try_from(self.steps).unwrap_or(i64::MAX) - 1;
        self.start_ms.saturating_add(self.step_ms.saturating_mul(steps))
    }

    /// The same steps, each `offset_ms` earlier.
    pub fn earlier(self, offset_ms: i64) -> Self {
        Self { start_ms: self.start_ms.saturating_sub(offset_ms), ..self }
    }

    /// As many steps, all at one time.
    pub fn pinned(self, at_ms: i64) -> Self {
        Self { start_ms: at_ms, step_ms: 0, ..self }
    }
}
