//! The two ways to ask.

use promql_parser::parser::Expr;
use promql_parser::parser::value::ValueType;

use super::context::Context;
use super::error::QueryError;
use super::evaluate::evaluate;
use super::grid::Grid;
use super::options::Options;
use super::parse::{parse, unwrap_parentheses};
use super::selector::for_each_range;
use super::source::SeriesSource;
use super::track::{Outcome, Track};
use super::value::{InstantSample, Value};
use crate::model::{Labels, Sample, Series};

/// Whether an expression can be a rule's: it parses, and its value is a vector or a scalar.
pub fn check_vector(expression: &str) -> Result<(), QueryError> {
    match parse(expression)?.value_type() {
        ValueType::Scalar | ValueType::Vector => Ok(()),
        ValueType::Matrix => not_a_vector("range vector"),
        ValueType::String => not_a_vector("string"),
    }
}

fn not_a_vector(kind: &str) -> Result<(), QueryError> {
    Err(QueryError::BadData(format!("the value is a {kind}, must be an instant vector or scalar")))
}

/// Evaluates an expression at one time, in milliseconds since the Unix epoch.
pub fn query_instant(
    source: &dyn SeriesSource,
    expression: &str,
    at_ms: i64,
    options: &Options,
) -> Result<Value, QueryError> {
    let tree = parse(expression)?;
    let grid = Grid::instant(at_ms);
    let context = Context::new(source, options, grid);
    if tree.value_type() == ValueType::Matrix {
        return bare_range(&context, unwrap_parentheses(&tree), grid);
    }
    Ok(match evaluate(&context, &tree, grid)? {
        Outcome::Scalar(values) => Value::Scalar(values[0]),
        Outcome::String(text) => Value::String(text),
        Outcome::Vector(tracks) => Value::Vector(
            tracks.into_iter().filter_map(|track| instant_sample(track, at_ms)).collect(),
        ),
    })
}

/// Evaluates an expression from `start_ms` to `end_ms` (included if a step falls on it).
///
/// The series come sorted by their labels; each has the steps at which it has a value.
pub fn query_range(
    source: &dyn SeriesSource,
    expression: &str,
    start_ms: i64,
    end_ms: i64,
    step_ms: i64,
    options: &Options,
) -> Result<Vec<Series>, QueryError> {
    let tree = parse(expression)?;
    let grid = range_grid(start_ms, end_ms, step_ms, options.max_steps)?;
    let context = Context::new(source, options, grid);
    let tracks = match tree.value_type() {
        ValueType::Scalar | ValueType::Vector => evaluate(&context, &tree, grid)?,
        ValueType::Matrix => return wrong_range_type("range vector"),
        ValueType::String => return wrong_range_type("string"),
    };
    let mut series: Vec<Series> =
        into_tracks(tracks).into_iter().map(|track| track.into_series(grid)).collect();
    series.retain(|series| !series.samples.is_empty());
    series.sort_by(|one, other| one.labels.cmp(&other.labels));
    Ok(series)
}

fn range_grid(
    start_ms: i64,
    end_ms: i64,
    step_ms: i64,
    max_steps: usize,
) -> Result<Grid, QueryError> {
    let bad = |message: String| Err(QueryError::BadData(message));
    if step_ms <= 0 {
        return bad("the query's step must be positive".into());
    }
    if end_ms < start_ms {
        return bad("end timestamp must not be before start time".into());
    }
    let grid = Grid::spanning(start_ms, end_ms, step_ms)?;
    if grid.steps > max_steps {
        return bad(format!(
            "exceeded maximum resolution of {max_steps} points per timeseries. \
             Try decreasing the query resolution (?step=XX)"
        ));
    }
    Ok(grid)
}

fn wrong_range_type(kind: &str) -> Result<Vec<Series>, QueryError> {
    Err(QueryError::BadData(format!(
        "invalid expression type \"{kind}\" for range query, must be Scalar or instant Vector"
    )))
}

fn bare_range(context: &Context, expression: &Expr, grid: Grid) -> Result<Value, QueryError> {
    let mut shown = Vec::new();
    for_each_range(context, expression, grid, |series, windows| {
        let samples = windows.over(&series.samples).flat_map(|window| window.samples).copied();
        shown.push(Series { samples: samples.collect(), labels: series.labels });
        Ok(())
    })?;
    shown.retain(|series| !series.samples.is_empty());
    Ok(Value::Matrix(shown))
}

fn instant_sample(track: Track, at_ms: i64) -> Option<InstantSample> {
    let value = track.values[0]?;
    Some(InstantSample { labels: track.labels, sample: Sample { timestamp_ms: at_ms, value } })
}

fn into_tracks(outcome: Outcome) -> Vec<Track> {
    match outcome {
        Outcome::Vector(tracks) => tracks,
        Outcome::Scalar(values) => {
            let values = values.into_iter().map(Some).collect();
            vec![Track { labels: Labels::default(), values }]
        }
        Outcome::String(_) => Vec::new(),
    }
}
