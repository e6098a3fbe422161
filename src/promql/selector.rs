//! Selectors and subqueries: series read once, then stepped through.

use std::time::{Duration, SystemTime};

use promql_parser::parser::{AtModifier, Expr, Offset, SubqueryExpr, VectorSelector};

use super::context::Context;
use super::error::QueryError;
use super::evaluate::evaluate_vector;
use super::grid::Grid;
use super::parse::{matchers, unwrap_parentheses};
use super::track::Track;
use crate::model::{Sample, Series, is_stale};

/// An instant vector selector's latest samples: at each step the last one that is not older than
/// the lookback, unless that one is the stale marker. `read` takes what is wanted of a sample.
pub fn select_instant(
    context: &Context,
    selector: &VectorSelector,
    grid: Grid,
    read: impl Fn(&Sample) -> f64,
) -> Result<Vec<Track>, QueryError> {
    let lookback_ms = context.options.lookback_ms;
    let times = reference_times(context, grid, selector.at.as_ref(), selector.offset.as_ref());
    let after_ms = times.start_ms.saturating_sub(lookback_ms);
    let mut tracks = Vec::new();
    context.for_each(&matchers(selector)?, after_ms, times.end_ms(), |series| {
        context.charge(grid.steps)?;
        let latest = windows(&series.samples, times, lookback_ms).map(|window| {
            window.samples.last().filter(|sample| !is_stale(sample.value)).map(&read)
        });
        tracks.push(Track { values: latest.collect(), labels: series.labels });
        Ok(())
    })?;
    tracks.retain(Track::has_values);
    Ok(tracks)
}

/// The windows by which to look at the series of a range vector.
#[derive(Clone, Copy)]
pub struct Windows {
    times: Grid,
    range_ms: i64,
}

impl Windows {
    /// The window of each step over some samples.
    pub fn over(self, samples: &[Sample]) -> impl Iterator<Item = Window<'_>> {
        windows(samples, self.times, self.range_ms)
    }
}

/// The samples after `start_ms` up to `end_ms`: open on the left, as in Prometheus 3.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// Oldest first.
    pub samples: &'a [Sample],
    /// The window's start, of which a sample is no longer in it.
    pub start_ms: i64,
    /// The window's end, of which a sample is still in it.
    pub end_ms: i64,
}

impl Window<'_> {
    /// How long the window is.
    pub fn range_seconds(&self) -> f64 {
        self.end_ms.saturating_sub(self.start_ms) as f64 / 1000.0
    }
}

/// Reads a matrix selector or evaluates a subquery for all windows of the grid: visits each series,
/// without stale markers, with all samples that any window shows.
pub fn for_each_range(
    context: &Context,
    expression: &Expr,
    grid: Grid,
    mut visit: impl FnMut(Series, Windows) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    match unwrap_parentheses(expression) {
        Expr::MatrixSelector(matrix) => {
            let selector = &matrix.vs;
            let times =
                reference_times(context, grid, selector.at.as_ref(), selector.offset.as_ref());
            let range_ms = milliseconds(matrix.range);
            let after_ms = times.start_ms.saturating_sub(range_ms);
            let windows = Windows { times, range_ms };
            context.for_each(&matchers(selector)?, after_ms, times.end_ms(), |mut series| {
                series.samples.retain(|sample| !is_stale(sample.value));
                visit(series, windows)
            })
        }
        Expr::Subquery(subquery) => {
            let (series, windows) = evaluate_subquery(context, subquery, grid)?;
            series.into_iter().try_for_each(|series| visit(series, windows))
        }
        other => Err(QueryError::BadData(format!("`{other}` is not a range vector"))),
    }
}

fn evaluate_subquery(
    context: &Context,
    subquery: &SubqueryExpr,
    grid: Grid,
) -> Result<(Vec<Series>, Windows), QueryError> {
    let times = reference_times(context, grid, subquery.at.as_ref(), subquery.offset.as_ref());
    let range_ms = milliseconds(subquery.range);
    let step_ms = subquery.step.map_or(context.options.subquery_step_ms, milliseconds);
    if step_ms <= 0 {
        return Err(QueryError::BadData("a subquery's step is less than a millisecond".into()));
    }
    let windows = Windows { times, range_ms };
    let after_ms = times.start_ms.saturating_sub(range_ms);
    let first_ms = (after_ms.div_euclid(step_ms) + 1).saturating_mul(step_ms);
    if first_ms > times.end_ms() {
        return Ok((Vec::new(), windows));
    }
    let inner = Grid::spanning(first_ms, times.end_ms(), step_ms)?;
    context.charge(inner.steps)?;
    let tracks = evaluate_vector(context, &subquery.expr, inner)?;
    let series = tracks.into_iter().map(|track| track.into_series(inner)).collect();
    Ok((series, windows))
}

/// The times that a selector looks at: those of the grid, moved by `@` and `offset`.
fn reference_times(
    context: &Context,
    grid: Grid,
    at: Option<&AtModifier>,
    offset: Option<&Offset>,
) -> Grid {
    let pinned = match at {
        None => grid,
        Some(AtModifier::Start) => grid.pinned(context.query.start_ms),
        Some(AtModifier::End) => grid.pinned(context.query.end_ms()),
        Some(AtModifier::At(time)) => grid.pinned(epoch_ms(*time)),
    };
    pinned.earlier(match offset {
        None => 0,
        Some(Offset::Pos(duration)) => milliseconds(*duration),
        Some(Offset::Neg(duration)) => -milliseconds(*duration),
    })
}

/// Both ends of the window only ever move forward, so each sample is passed twice in all.
fn windows(samples: &[Sample], times: Grid, range_ms: i64) -> impl Iterator<Item = Window<'_>> {
    let (mut first, mut end) = (0, 0);
    times.times_ms().map(move |end_ms| {
        let start_ms = end_ms.saturating_sub(range_ms);
        first += passed(&samples[first..], start_ms);
        end = first.max(end);
        end += passed(&samples[end..], end_ms);
        Window { samples: &samples[first..end], start_ms, end_ms }
    })
}

/// How many samples are not after a time.
fn passed(samples: &[Sample], time_ms: i64) -> usize {
    samples.iter().take_while(|sample| sample.timestamp_ms <= time_ms).count()
}

/// A duration in milliseconds, or as many as there can be.
pub fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn epoch_ms(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => milliseconds(after),
        Err(before) => -milliseconds(before.duration()),
    }
}
