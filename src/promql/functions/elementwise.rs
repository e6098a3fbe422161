//! Functions that make a number of each element's number.

use super::Arguments;
use crate::promql::error::QueryError;
use crate::promql::track::{SAME_LABELS, Track, merge};

/// A function of a value and of the call's scalar arguments at that step.
type Elementwise = fn(f64, &[f64]) -> Option<f64>;

/// A function of this file by its name.
pub fn find(name: &str) -> Option<Elementwise> {
    Some(match name {
        "abs" => |value, _| Some(value.abs()),
        "ceil" => |value, _| Some(value.ceil()),
        "floor" => |value, _| Some(value.floor()),
        "exp" => |value, _| Some(value.exp()),
        "ln" => |value, _| Some(value.ln()),
        "log2" => |value, _| Some(value.log2()),
        "log10" => |value, _| Some(value.log10()),
        "sqrt" => |value, _| Some(value.sqrt()),
        "sgn" => |value, _| Some(if value == 0.0 { 0.0 } else { value.signum() }),
        "deg" => |value, _| Some(value.to_degrees()),
        "rad" => |value, _| Some(value.to_radians()),
        "round" => |value, to| Some(round(value, to.first().copied().unwrap_or(1.0))),
        "clamp" => |value, ends| clamp(value, ends[0], ends[1]),
        "clamp_min" => |value, ends| clamp(value, ends[0], f64::INFINITY),
        "clamp_max" => |value, ends| clamp(value, f64::NEG_INFINITY, ends[0]),
        _ => return trigonometric(name),
    })
}

fn trigonometric(name: &str) -> Option<Elementwise> {
    Some(match name {
        "sin" => |value, _| Some(value.sin()),
        "cos" => |value, _| Some(value.cos()),
        "tan" => |value, _| Some(value.tan()),
        "asin" => |value, _| Some(value.asin()),
        "acos" => |value, _| Some(value.acos()),
        "atan" => |value, _| Some(value.atan()),
        "sinh" => |value, _| Some(value.sinh()),
        "cosh" => |value, _| Some(value.cosh()),
        "tanh" => |value, _| Some(value.tanh()),
        "asinh" => |value, _| Some(value.asinh()),
        "acosh" => |value, _| Some(value.acosh()),
        "atanh" => |value, _| Some(value.atanh()),
        _ => return None,
    })
}

/// Applies a function to all values of the first argument.
pub fn evaluate(arguments: &Arguments, function: Elementwise) -> Result<Vec<Track>, QueryError> {
    let tracks = arguments.vector(0)?;
    let scalars = (1..arguments.len()).map(|index| arguments.scalar(index));
    let scalars = scalars.collect::<Result<Vec<_>, _>>()?;
    let at_step = |step: usize| scalars.iter().map(|values| values[step]).collect::<Vec<_>>();
    let parameters: Vec<Vec<f64>> = (0..arguments.grid.steps).map(at_step).collect();
    let apply =
        |track: Track| track.unnamed().map(|step, value| function(value, &parameters[step]));
    merge(tracks.into_iter().map(apply).collect(), SAME_LABELS)
}

/// The nearest multiple of `to`, halves up.
fn round(value: f64, to: f64) -> f64 {
    // The inverse keeps `round(x, 0.1)` free of the error that 0.1 has as a float.
    let inverse = 1.0 / to;
    (value * inverse + 0.5).floor() / inverse
}

/// Nothing if the ends are the wrong way round; NaN if anything is NaN.
fn clamp(value: f64, least: f64, greatest: f64) -> Option<f64> {
    if greatest < least {
        return None;
    }
    if value.is_nan() || least.is_nan() || greatest.is_nan() {
        return Some(f64::NAN);
    }
    Some(value.min(greatest).max(least))
}
