//! Parts of a date, in UTC.

use chrono::{DateTime, Datelike, Timelike, Utc};

use super::{Arguments, step_seconds, unlabelled};
use crate::promql::error::QueryError;
use crate::promql::track::{SAME_LABELS, Track, merge};

type Part = fn(DateTime<Utc>) -> f64;

/// A function of this file by its name.
pub fn find(name: &str) -> Option<Part> {
    Some(match name {
        "minute" => |date| f64::from(date.minute()),
        "hour" => |date| f64::from(date.hour()),
        "day_of_week" => |date| f64::from(date.weekday().num_days_from_sunday()),
        "day_of_month" => |date| f64::from(date.day()),
        "day_of_year" => |date| f64::from(date.ordinal()),
        "days_in_month" => |date| f64::from(date.num_days_in_month()),
        "month" => |date| f64::from(date.month()),
        "year" => |date| f64::from(date.year()),
        _ => return None,
    })
}

/// The part of each value read as seconds since the Unix epoch; without an argument of the time
/// of evaluation. A value that is no date gives NaN.
pub fn evaluate(arguments: &Arguments, part: Part) -> Result<Vec<Track>, QueryError> {
    let tracks = match arguments.len() {
        0 => vec![unlabelled(step_seconds(arguments.grid))],
        _ => arguments.vector(0)?,
    };
    let apply =
        |track: Track| track.unnamed().map(|_, value| Some(date_of(value).map_or(f64::NAN, part)));
    merge(tracks.into_iter().map(apply).collect(), SAME_LABELS)
}

#[expect(clippy::cast_possible_truncation, reason = "the whole seconds are wanted")]
fn date_of(seconds: f64) -> Option<DateTime<Utc>> {
    if seconds.is_nan() {
        return None;
    }
    DateTime::from_timestamp(seconds as i64, 0)
}
