//! Where evaluation gets its samples from.

use super::error::QueryError;
use crate::model::{Matcher, Series};

/// The storage could not answer; the text names what failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SelectError(pub String);

/// Anything that holds series: the store on disk, or a vector in a test.
pub trait SeriesSource: Sync {
    /// All series that meet every matcher, each with its samples from `from_ms` to `to_ms`, both
    /// included. Series without a sample in that time may be left out; stale markers stay in.
    fn select(
        &self,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Series>, SelectError>;

    /// Hands the same series to `visit`, one after the other; an error that it returns is the last.
    ///
    /// A source that reads them as they are asked for never has the samples of all in memory, which
    /// for a day of many series is also what takes longest.
    fn for_each(
        &self,
        matchers: &[Matcher],
        from_ms: i64,
        to_ms: i64,
        visit: &mut dyn FnMut(Series) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        self.select(matchers, from_ms, to_ms)?.into_iter().try_for_each(visit)
    }
}
