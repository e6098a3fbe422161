//! Where evaluation gets its samples from.

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
}
