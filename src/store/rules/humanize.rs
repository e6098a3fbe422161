//! Numbers for people, as Prometheus's templates write them
//! (`template/template.go` in prometheus/prometheus, and Go's `fmt`).

/// `k`, `M` and so on from 1000 up, `m`, `u` and so on below 1.
pub fn humanize(value: f64) -> String {
    let (value, prefix) = if value.abs() >= 1.0 { enlarged(value) } else { reduced(value) };
    four_digits(value) + prefix
}

/// Days, hours, minutes and seconds; below a second with a prefix.
pub fn humanize_duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return four_digits(seconds);
    }
    if seconds.abs() < 1.0 {
        let (value, prefix) = reduced(seconds);
        return format!("{}{prefix}s", four_digits(value));
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let seconds = seconds.abs();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds")]
    let whole = seconds as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    let rest = whole % 60;
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", four_digits(seconds)),
        (0, 0, _) => format!("{sign}{minutes}m {rest}s"),
        (0, _, _) => format!("{sign}{hours}h {minutes}m {rest}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {rest}s"),
    }
}

/// A ratio as a percentage.
pub fn humanize_percentage(ratio: f64) -> String {
    four_digits(ratio * 100.0) + "%"
}

/// The shortest digits that mean the number, as Go's `%v`.
pub fn plain(value: f64) -> String {
    if !value.is_finite() {
        return not_finite(value).to_owned();
    }
    let scientific = format!("{value:e}");
    match exponent_of(&scientific) {
        -4..21 => value.to_string(),
        _ => with_go_exponent(&scientific),
    }
}

/// The shortest digits with an exponent, as Go's `%e` without a precision.
pub fn scientific(value: f64) -> String {
    if value.is_finite() {
        with_go_exponent(&format!("{value:e}"))
    } else {
        not_finite(value).to_owned()
    }
}

fn enlarged(mut value: f64) -> (f64, &'static str) {
    let mut prefix = "";
    for larger in ["k", "M", "G", "T", "P", "E", "Z", "Y"] {
        if value.abs() < 1000.0 || value.is_infinite() {
            break;
        }
        prefix = larger;
        value /= 1000.0;
    }
    (value, prefix)
}

fn reduced(mut value: f64) -> (f64, &'static str) {
    let mut prefix = "";
    for smaller in ["m", "u", "n", "p", "f", "a", "z", "y"] {
        if value.abs() >= 1.0 || value == 0.0 || value.is_nan() {
            break;
        }
        prefix = smaller;
        value *= 1000.0;
    }
    (value, prefix)
}

/// Go's `%.4g`.
fn four_digits(value: f64) -> String {
    if !value.is_finite() {
        return not_finite(value).to_owned();
    }
    let scientific = format!("{value:.3e}");
    let exponent = exponent_of(&scientific);
    if (-4..4).contains(&exponent) {
        let decimals = usize::try_from(3 - exponent).unwrap_or_default();
        return without_trailing_zeros(&format!("{value:.decimals$}")).to_owned();
    }
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    with_go_exponent(&format!("{}e{exponent}", without_trailing_zeros(digits)))
}

fn without_trailing_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

fn exponent_of(scientific: &str) -> i32 {
    scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or_default()
}

/// With a sign and at least two digits.
fn with_go_exponent(scientific: &str) -> String {
    let digits = scientific.split('e').next().unwrap_or_default();
    let exponent = exponent_of(scientific);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn not_finite(value: f64) -> &'static str {
    match (value.is_nan(), value > 0.0) {
        (true, _) => "NaN",
        (_, true) => "+Inf",
        (_, false) => "-Inf",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_a_prefix() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (999.96, "1000"),
            (1234.0, "1.234k"),
            (-1_234_567.0, "-1.235M"),
            (1e30, "1e+06Y"),
            (0.5, "500m"),
            (1.5e-7, "150n"),
            (1e-30, "1e-06y"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(humanize(value), text);
        }
    }

    #[test]
    fn durations_are_taken_apart() {
        for (value, text) in [
            (0.0, "0s"),
            (0.005, "5ms"),
            (1.0, "1s"),
            (59.987_65, "59.99s"),
            (60.0, "1m 0s"),
            (-3_661.5, "-1h 1m 1s"),
            (899_999.0, "10d 9h 59m 59s"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(humanize_duration(value), text);
        }
    }

    #[test]
    fn ratios_become_percentages() {
        for (value, text) in [(0.0, "0%"), (0.125, "12.5%"), (1.0 / 3.0, "33.33%"), (2.0, "200%")] {
            assert_eq!(humanize_percentage(value), text);
        }
    }

    #[test]
    fn plain_and_scientific_numbers_are_go_s() {
        for (value, plainly, scientifically) in [
            (1.0, "1", "1e+00"),
            (0.1, "0.1", "1e-01"),
            (1e20, "100000000000000000000", "1e+20"),
            (1e21, "1e+21", "1e+21"),
            (0.0001, "0.0001", "1e-04"),
            (0.000_012_5, "1.25e-05", "1.25e-05"),
            (f64::NAN, "NaN", "NaN"),
        ] {
            assert_eq!(plain(value), plainly);
            assert_eq!(scientific(value), scientifically);
        }
    }
}
