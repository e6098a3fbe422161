//! How fast a counter or a gauge moves.
//!
//! The extrapolation to the window's ends is that of Prometheus 3 (`extrapolatedRate` in
//! `promql/functions.go`).

use super::{RangeFunction, Step};
use crate::promql::selector::Window;

/// The functions of this file by their names.
pub fn find(name: &str) -> Option<RangeFunction> {
    Some(match name {
        "rate" => |window, _| Some(extrapolated(window, true)? / window.range_seconds()),
        "increase" => |window, _| extrapolated(window, true),
        "delta" => |window, _| extrapolated(window, false),
        "irate" => irate,
        "idelta" => |window, _| {
            let [.., previous, last] = window.samples else { return None };
            Some(last.value - previous.value)
        },
        "resets" => |window, _| Some(count_pairs(window, |previous, next| next < previous)),
        "changes" => |window, _| Some(count_pairs(window, has_changed)),
        _ => return None,
    })
}

/// What the samples moved by, stretched to the whole window.
///
/// Each end is reached if it is about as near as samples are apart; else the series is taken to
/// begin or end there, half a sample's distance on. A counter is not followed below zero.
fn extrapolated(window: &Window, is_counter: bool) -> Option<f64> {
    let [first, .., last] = window.samples else { return None };
    let moved = last.value - first.value + if is_counter { lost_in_resets(window) } else { 0.0 };
    let sampled = seconds_between(first.timestamp_ms, last.timestamp_ms);
    let distance = sampled / (window.samples.len() - 1) as f64;
    let reach = |to_end: f64| if to_end >= distance * 1.1 { distance / 2.0 } else { to_end };
    let mut to_start = reach(seconds_between(window.start_ms, first.timestamp_ms));
    if is_counter && moved > 0.0 && first.value >= 0.0 {
        to_start = to_start.min(sampled * (first.value / moved));
    }
    let to_end = reach(seconds_between(last.timestamp_ms, window.end_ms));
    Some(moved * ((sampled + to_start + to_end) / sampled))
}

/// What a counter had reached at each of its resets.
fn lost_in_resets(window: &Window) -> f64 {
    let pairs = window.samples.windows(2);
    let resets = pairs.filter(|pair| pair[1].value < pair[0].value);
    resets.map(|pair| pair[0].value).sum()
}

fn irate(window: &Window, _: Step) -> Option<f64> {
    let [.., previous, last] = window.samples else { return None };
    let is_reset = last.value < previous.value;
    let moved = if is_reset { last.value } else { last.value - previous.value };
    Some(moved / seconds_between(previous.timestamp_ms, last.timestamp_ms))
}

fn count_pairs(window: &Window, counts: fn(f64, f64) -> bool) -> f64 {
    let pairs = window.samples.windows(2);
    pairs.filter(|pair| counts(pair[0].value, pair[1].value)).count() as f64
}

#[expect(clippy::float_cmp, reason = "any difference is a change")]
fn has_changed(previous: f64, next: f64) -> bool {
    next != previous && !(next.is_nan() && previous.is_nan())
}

fn seconds_between(from_ms: i64, to_ms: i64) -> f64 {
    to_ms.saturating_sub(from_ms) as f64 / 1000.0
}
