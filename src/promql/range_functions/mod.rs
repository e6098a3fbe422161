//! Functions of range vectors: one value from each series' window.

mod over_time;
mod rate;
mod regression;

use promql_parser::parser::{Call, Expr};

use super::context::Context;
use super::error::QueryError;
use super::evaluate::evaluate_scalar;
use super::grid::Grid;
use super::selector::{Window, for_each_range};
use super::track::{Track, unique};

/// What a range function may look at besides the window.
#[derive(Clone, Copy)]
pub struct Step {
    /// The time of evaluation, which `offset` and `@` do not move.
    pub time_ms: i64,
    /// The function's scalar argument at this step; NaN where it has none.
    pub parameter: f64,
}

type RangeFunction = fn(&Window, Step) -> Option<f64>;

/// A range function by its name.
pub fn find(name: &str) -> Option<RangeFunction> {
    rate::find(name).or_else(|| over_time::find(name)).or_else(|| regression::find(name))
}

/// Evaluates a range function at all steps.
pub fn evaluate(
    context: &Context,
    call: &Call,
    function: RangeFunction,
    grid: Grid,
) -> Result<Vec<Track>, QueryError> {
    let (range, parameter) = arguments(call)?;
    let parameters = match parameter {
        Some(parameter) => evaluate_scalar(context, parameter, grid)?,
        None => vec![f64::NAN; grid.steps],
    };
    let mut tracks = Vec::new();
    for_each_range(context, range, grid, |series, windows| {
        context.charge(grid.steps)?;
        let times = grid.times_ms().zip(&parameters);
        let steps = times.map(|(time_ms, parameter)| Step { time_ms, parameter: *parameter });
        let values = windows.over(&series.samples).zip(steps).map(|(window, step)| {
            if window.samples.is_empty() { None } else { function(&window, step) }
        });
        let track = Track { values: values.collect(), labels: series.labels };
        tracks.push(if keeps_name(call.func.name) { track } else { track.unnamed() });
        Ok(())
    })?;
    tracks.retain(Track::has_values);
    unique(tracks)
}

/// These answer samples of the metric itself, so the result is still that metric.
fn keeps_name(function: &str) -> bool {
    matches!(function, "first_over_time" | "last_over_time")
}

/// The range vector and, before or after it, a scalar.
fn arguments(call: &Call) -> Result<(&Expr, Option<&Expr>), QueryError> {
    match call.args.args.as_slice() {
        [range] => Ok((range, None)),
        [parameter, range] if call.func.name == "quantile_over_time" => {
            Ok((range, Some(parameter)))
        }
        [range, parameter] => Ok((range, Some(parameter))),
        _ => Err(QueryError::BadData(format!("wrong arguments of `{}`", call.func.name))),
    }
}
