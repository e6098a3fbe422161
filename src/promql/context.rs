//! What the evaluation of one query shares.

use std::cell::Cell;
use std::time::Instant;

use super::error::QueryError;
use super::grid::Grid;
use super::options::Options;
use super::source::SeriesSource;
use crate::model::{Matcher, Series};

/// One query's source, settings, whole time range and consumption.
pub struct Context<'a> {
    /// Where the series come from.
    pub source: &'a dyn SeriesSource,
    /// The query's settings.
    pub options: &'a Options,
    /// The whole query's grid: `@ start()` and `@ end()` are its ends, in subqueries too.
    pub query: Grid,
    samples: Cell<usize>,
}

impl<'a> Context<'a> {
    /// A context that has not consumed anything.
    pub fn new(source: &'a dyn SeriesSource, options: &'a Options, query: Grid) -> Self {
        Self { source, options, query, samples: Cell::new(0) }
    }

    /// Visits the series from after `after_ms` to `to_ms`, which count against the limit.
    pub fn for_each(
        &self,
        matchers: &[Matcher],
        after_ms: i64,
        to_ms: i64,
        mut visit: impl FnMut(Series) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        self.charge(0)?;
        self.source.for_each(matchers, after_ms.saturating_add(1), to_ms, &mut |series| {
            self.charge(series.samples.len())?;
            visit(series)
        })
    }

    /// Counts samples about to be held; refuses when they are too many or the deadline has passed.
    pub fn charge(&self, samples: usize) -> Result<(), QueryError> {
        if self.options.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            let message = "the query timed out; ask for a shorter time range or fewer series";
            return Err(QueryError::Timeout(message.into()));
        }
        self.samples.set(self.samples.get().saturating_add(samples));
        if self.samples.get() > self.options.max_samples {
            return Err(QueryError::Execution(format!(
                "the query would load more than {} samples into memory; ask for a shorter time \
                 range, a longer step or fewer series",
                self.options.max_samples
            )));
        }
        Ok(())
    }
}
