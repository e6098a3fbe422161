//! The straight line through a window's samples.

use super::RangeFunction;
use crate::model::Sample;
use crate::promql::selector::Window;
use crate::promql::statistics::sum;

/// The functions of this file by their names.
pub fn find(name: &str) -> Option<RangeFunction> {
    Some(match name {
        "deriv" => |window, _| Some(fit(window, window.samples[0].timestamp_ms)?.slope),
        "predict_linear" => |window, step| {
            let line = fit(window, step.time_ms)?;
            Some(line.slope * step.parameter + line.intercept)
        },
        _ => return None,
    })
}

/// A line by its slope a second, and its value at the time it was asked for.
struct Line {
    slope: f64,
    intercept: f64,
}

/// Least squares, as `linearRegression` in Prometheus's `promql/functions.go`.
#[expect(clippy::float_cmp, reason = "a line through equal values is exact without arithmetic")]
fn fit(window: &Window, intercept_ms: i64) -> Option<Line> {
    let [first, _, ..] = window.samples else { return None };
    if window.samples.iter().all(|sample| sample.value == first.value) {
        let is_finite = first.value.is_finite();
        let flat = Line { slope: 0.0, intercept: first.value };
        return Some(if is_finite { flat } else { Line { slope: f64::NAN, intercept: f64::NAN } });
    }
    let x = |sample: &Sample| sample.timestamp_ms.saturating_sub(intercept_ms) as f64 / 1000.0;
    let total = |term: &dyn Fn(&Sample) -> f64| sum(window.samples.iter().map(term));
    let count = window.samples.len() as f64;
    let (sum_x, sum_y) = (total(&x), total(&|sample| sample.value));
    let covariance = total(&|sample| x(sample) * sample.value) - sum_x * sum_y / count;
    let slope = covariance / (total(&|sample| x(sample).powi(2)) - sum_x * sum_x / count);
    Some(Line { slope, intercept: sum_y / count - slope * sum_x / count })
}
