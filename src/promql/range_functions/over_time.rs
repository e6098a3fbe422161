//! `*_over_time`: statistics of a window's samples.

use super::RangeFunction;
use crate::promql::selector::Window;
use crate::promql::statistics;

/// The functions of this file by their names.
pub fn find(name: &str) -> Option<RangeFunction> {
    Some(match name {
        "sum_over_time" => |window, _| Some(statistics::sum(values(window))),
        "avg_over_time" => |window, _| Some(statistics::average(values(window))),
        "min_over_time" => |window, _| Some(statistics::minimum(values(window))),
        "max_over_time" => |window, _| Some(statistics::maximum(values(window))),
        "stdvar_over_time" => |window, _| Some(statistics::variance(values(window))),
        "stddev_over_time" => |window, _| Some(statistics::deviation(values(window))),
        "quantile_over_time" => {
            |window, step| Some(statistics::quantile(step.parameter, values(window)))
        }
        "count_over_time" => |window, _| Some(window.samples.len() as f64),
        "present_over_time" => |_, _| Some(1.0),
        "first_over_time" => |window, _| values(window).next(),
        "last_over_time" => |window, _| values(window).next_back(),
        _ => return None,
    })
}

fn values<'a>(window: &'a Window) -> impl DoubleEndedIterator<Item = f64> + Clone + use<'a> {
    window.samples.iter().map(|sample| sample.value)
}
