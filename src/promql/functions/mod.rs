//! Function calls.

mod date;
mod elementwise;
mod histogram;
mod labels;
mod presence;

pub use histogram::bucket_quantile;

use std::cmp::Ordering;

use promql_parser::label::Matchers;
use promql_parser::parser::{Call, Expr};

use super::context::Context;
use super::error::QueryError;
use super::evaluate::{evaluate_scalar, evaluate_vector};
use super::grid::Grid;
use super::parse::unwrap_parentheses;
use super::range_functions;
use super::selector::select_instant;
use super::statistics::nan_first;
use super::track::{Outcome, SAME_LABELS, Track, merge};
use crate::model::{Labels, Sample};

/// Evaluates a function call at all steps.
pub fn evaluate(context: &Context, call: &Call, grid: Grid) -> Result<Outcome, QueryError> {
    let arguments = Arguments { context, call, grid };
    match call.func.name {
        "pi" => return Ok(Outcome::Scalar(vec![std::f64::consts::PI; grid.steps])),
        "time" => return Ok(Outcome::Scalar(step_seconds(grid))),
        "scalar" => return arguments.vector(0).map(|tracks| Outcome::Scalar(only(&tracks, grid))),
        _ => {}
    }
    evaluate_to_vector(&arguments).map(Outcome::Vector)
}

fn evaluate_to_vector(arguments: &Arguments) -> Result<Vec<Track>, QueryError> {
    let name = arguments.call.func.name;
    if let Some(function) = range_functions::find(name) {
        return range_functions::evaluate(
            arguments.context,
            arguments.call,
            function,
            arguments.grid,
        );
    }
    if let Some(function) = elementwise::find(name) {
        return elementwise::evaluate(arguments, function);
    }
    if let Some(part) = date::find(name) {
        return date::evaluate(arguments, part);
    }
    match name {
        "absent" => presence::absent(arguments),
        "absent_over_time" => presence::absent_over_time(arguments),
        "histogram_quantile" => histogram::histogram_quantile(arguments),
        "label_join" => labels::label_join(arguments),
        "label_replace" => labels::label_replace(arguments),
        "sort" => Ok(sorted(arguments.vector(0)?, |one, other| nan_first(-other, -one))),
        "sort_desc" => Ok(sorted(arguments.vector(0)?, |one, other| nan_first(other, one))),
        "timestamp" => timestamp(arguments),
        "vector" => Ok(vec![unlabelled(arguments.scalar(0)?)]),
        _ => Err(QueryError::Execution(format!(
            "the function `{name}` is not supported by this store; a Prometheus can answer it"
        ))),
    }
}

/// A call's arguments, evaluated when they are asked for.
pub struct Arguments<'a> {
    context: &'a Context<'a>,
    call: &'a Call,
    grid: Grid,
}

impl<'a> Arguments<'a> {
    /// How many there are.
    fn len(&self) -> usize {
        self.call.args.len()
    }

    /// The expression at an index.
    fn expression(&self, index: usize) -> Result<&'a Expr, QueryError> {
        let missing =
            || QueryError::BadData(format!("`{}` lacks an argument", self.call.func.name));
        self.call.args.args.get(index).map(AsRef::as_ref).ok_or_else(missing)
    }

    fn vector(&self, index: usize) -> Result<Vec<Track>, QueryError> {
        evaluate_vector(self.context, self.expression(index)?, self.grid)
    }

    fn scalar(&self, index: usize) -> Result<Vec<f64>, QueryError> {
        evaluate_scalar(self.context, self.expression(index)?, self.grid)
    }

    fn string(&self, index: usize) -> Result<&'a str, QueryError> {
        super::evaluate::string_literal(self.expression(index)?)
    }
}

fn unlabelled(values: Vec<f64>) -> Track {
    Track { labels: Labels::default(), values: values.into_iter().map(Some).collect() }
}

fn step_seconds(grid: Grid) -> Vec<f64> {
    grid.times_ms().map(|time_ms| time_ms as f64 / 1000.0).collect()
}

/// The value where there is exactly one; NaN elsewhere.
fn only(tracks: &[Track], grid: Grid) -> Vec<f64> {
    let value_at = |step: usize| {
        let mut present = tracks.iter().filter_map(|track| track.values[step]);
        match (present.next(), present.next()) {
            (Some(value), None) => value,
            _ => f64::NAN,
        }
    };
    (0..grid.steps).map(value_at).collect()
}

/// The order counts in an instant query only, so it is that of the values at the first step.
fn sorted(mut tracks: Vec<Track>, order: fn(f64, f64) -> Ordering) -> Vec<Track> {
    let value = |track: &Track| track.values[0].unwrap_or(f64::NAN);
    tracks.sort_by(|one, other| order(value(one), value(other)));
    tracks
}

/// Of a selector the samples' own times, of any other expression the time of evaluation.
fn timestamp(arguments: &Arguments) -> Result<Vec<Track>, QueryError> {
    let grid = arguments.grid;
    let tracks =
        if let Expr::VectorSelector(selector) = unwrap_parentheses(arguments.expression(0)?) {
            let read = |sample: &Sample| sample.timestamp_ms as f64 / 1000.0;
            select_instant(arguments.context, selector, grid, read)?
        } else {
            let times = step_seconds(grid);
            let stamp = |track: Track| track.map(|step, _| Some(times[step]));
            arguments.vector(0)?.into_iter().map(stamp).collect()
        };
    merge(tracks.into_iter().map(Track::unnamed).collect(), SAME_LABELS)
}

/// The matchers of a selector, instant or range; none of any other expression.
fn matchers_of(expression: &Expr) -> Option<&Matchers> {
    match expression {
        Expr::VectorSelector(selector) => Some(&selector.matchers),
        Expr::MatrixSelector(matrix) => Some(&matrix.vs.matchers),
        _ => None,
    }
}
