//! Times and durations as Prometheus's API takes them.

use chrono::DateTime;
use promql_parser::util::parse_duration;

use super::answer::ApiError;

/// Where a range without a start or an end begins and ends: times that every sum and difference
/// with an offset or a window still has room for.
pub const EARLIEST_MS: i64 = i64::MIN / 4;
/// See [`EARLIEST_MS`].
pub const LATEST_MS: i64 = i64::MAX / 4;

/// RFC 3339 or seconds since the Unix epoch, as milliseconds.
pub fn parse_time(name: &str, text: &str) -> Result<i64, ApiError> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.timestamp_millis());
    }
    milliseconds(text).ok_or_else(|| {
        ApiError::bad_data(format!(
            "invalid parameter \"{name}\": {text:?} is neither seconds since 1970 nor an RFC 3339 \
             time"
        ))
    })
}

/// Seconds, or a duration such as `1m30s`, as milliseconds; more than none.
pub fn parse_step(name: &str, text: &str) -> Result<i64, ApiError> {
    let step_ms = milliseconds(text).or_else(|| {
        parse_duration(text).ok().and_then(|step| i64::try_from(step.as_millis()).ok())
    });
    step_ms.filter(|&step_ms| step_ms > 0).ok_or_else(|| {
        ApiError::bad_data(format!(
            "invalid parameter \"{name}\": {text:?} is neither seconds nor a duration such as 15s, \
             or is not more than zero"
        ))
    })
}

fn milliseconds(text: &str) -> Option<i64> {
    let milliseconds = (text.parse::<f64>().ok()? * 1_000.0).round();
    let in_range = (EARLIEST_MS as f64..=LATEST_MS as f64).contains(&milliseconds);
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within the range just checked")]
    in_range.then_some(milliseconds as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_rfc_3339() {
        assert_eq!(parse_time("time", "1435781451.781").unwrap(), 1_435_781_451_781);
        assert_eq!(parse_time("time", "2015-07-01T20:10:51.781Z").unwrap(), 1_435_781_451_781);
        assert_eq!(parse_time("time", "2015-07-01T22:10:51.781+02:00").unwrap(), 1_435_781_451_781);
        assert_eq!(parse_time("time", "-1").unwrap(), -1_000);
    }

    #[test]
    fn steps_are_seconds_or_durations() {
        assert_eq!(parse_step("step", "0.5").unwrap(), 500);
        assert_eq!(parse_step("step", "1m30s").unwrap(), 90_000);
    }

    #[test]
    fn what_is_neither_is_refused_with_the_parameter_s_name() {
        for text in ["", "now", "NaN", "Inf", "1e300"] {
            let error = parse_time("start", text).unwrap_err().to_string();
            assert!(error.contains("invalid parameter \"start\""), "{error}");
        }
        for text in ["", "0", "-5", "0s", "fast"] {
            let error = parse_step("step", text).unwrap_err().to_string();
            assert!(error.contains("invalid parameter \"step\""), "{error}");
        }
    }
}
