//! Floats as `prometheus_client` writes them, so that its users can compare bytes.

use std::ops::Range;

use super::family::Number;

/// Whole numbers below this have the same digits as integers and as floats.
const LARGEST_PLAIN_INTEGER: u64 = 1_000_000_000_000_000;

/// Where Python's `repr` is digits around a point.
const PLAIN_IN_PYTHON: Range<f64> = 1e-4..1e16;

/// From here on Go writes an exponent.
const EXPONENT_IN_GO: f64 = 1e6;

/// By the number of digits between the first one and the point; Python has a point up to here.
const EXPONENTS: [&str; 16] = [
    "e+00", "e+01", "e+02", "e+03", "e+04", "e+05", "e+06", "e+07", "e+08", "e+09", "e+10", "e+11",
    "e+12", "e+13", "e+14", "e+15",
];

/// Appends a number in the words of the exposition format.
///
/// The form is that of `prometheus_client.utils.floatToGoString`: Python's shortest `repr`, but
/// positive numbers of more than six digits before the point with an exponent, as Go prints them.
#[inline]
pub fn write_number(output: &mut String, value: f64) {
    let whole = whole_of(value);
    #[expect(clippy::float_cmp, reason = "equal to the bit")]
    let is_whole = whole as f64 == value && value.is_sign_positive();
    if is_whole && whole < LARGEST_PLAIN_INTEGER {
        write_whole(output, whole);
    } else {
        write_any(output, value);
    }
}

/// The digits before the point of a number that is not below zero.
fn whole_of(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as said")]
    let whole = value as u64;
    whole
}

/// Appends a count, as `write_number` would.
#[inline]
pub fn write_count(output: &mut String, count: u64) {
    if count < 1_000_000 { write_whole(output, count) } else { write_number(output, count as f64) }
}

fn write_whole(output: &mut String, value: u64) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value);
    if digits.len() <= 6 {
        output.push_str(digits);
        output.push_str(".0");
    } else {
        write_with_exponent(output, digits, "");
    }
}

fn write_any(output: &mut String, value: f64) {
    if !value.is_finite() {
        return output.push_str(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        });
    }
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format_finite(value);
    if !PLAIN_IN_PYTHON.contains(&value) {
        write_as_python(output, shortest);
    } else if value < EXPONENT_IN_GO {
        output.push_str(shortest);
    } else {
        let digits_before_point = whole_of(value).ilog10() as usize + 1;
        let (whole, fraction) = shortest.split_at(digits_before_point);
        write_with_exponent(output, whole, &fraction[1..]);
    }
}

/// As Go writes large numbers: one digit before the point, no zeros at the end.
fn write_with_exponent(output: &mut String, whole: &str, fraction: &str) {
    let (first, rest) = whole.split_at(1);
    // The shortest form has no other zeros at the end.
    let fraction = if fraction == "0" { "" } else { fraction };
    let rest = if fraction.is_empty() { rest.trim_end_matches('0') } else { rest };
    output.push_str(first);
    if !rest.is_empty() || !fraction.is_empty() {
        output.push('.');
        output.push_str(rest);
        output.push_str(fraction);
    }
    output.push_str(EXPONENTS[whole.len() - 1]);
}

/// Appends a number as Python's `str` has it, which OpenMetrics shows in times and in native
/// histograms.
pub(super) fn write_plain(output: &mut String, value: Number) {
    match value {
        Number::Integer(value) => output.push_str(itoa::Buffer::new().format(value)),
        Number::Float(value) if value.is_nan() => output.push_str("nan"),
        Number::Float(f64::INFINITY) => output.push_str("inf"),
        Number::Float(f64::NEG_INFINITY) => output.push_str("-inf"),
        Number::Float(value) => {
            write_as_python(output, zmij::Buffer::new().format_finite(value));
        }
    }
}

/// Python turns to exponents one digit sooner than the formatter does, writes no `.0` before an
/// exponent, always its sign, and at least two digits.
fn write_as_python(output: &mut String, shortest: &str) {
    if let Some((mantissa, exponent)) = shortest.split_once('e') {
        return write_scientific(output, mantissa, exponent);
    }
    let unsigned = shortest.trim_start_matches('-');
    match unsigned.strip_prefix("0.0000").filter(|digits| !digits.is_empty()) {
        Some(digits) => {
            output.push_str(&shortest[..shortest.len() - unsigned.len()]);
            let (first, rest) = digits.split_at(1);
            output.push_str(first);
            if !rest.is_empty() {
                output.push('.');
                output.push_str(rest);
            }
            output.push_str("e-05");
        }
        None => output.push_str(shortest),
    }
}

fn write_scientific(output: &mut String, mantissa: &str, exponent: &str) {
    output.push_str(mantissa.strip_suffix(".0").unwrap_or(mantissa));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ("e-", digits),
        None => ("e+", exponent.trim_start_matches('+')),
    };
    output.push_str(sign);
    if digits.len() < 2 {
        output.push('0');
    }
    output.push_str(digits);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(value: f64) -> String {
        let mut output = String::new();
        write_number(&mut output, value);
        output
    }

    /// The right-hand sides were printed by `prometheus_client` 0.26.
    #[test]
    fn numbers_look_as_prometheus_client_prints_them() {
        let table = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.005, "0.005"),
            (100_000.0, "100000.0"),
            (999_999.5, "999999.5"),
            (1_000_000.0, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (-1_234_567.5, "-1234567.5"),
            (1e15, "1e+15"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (-1.25e-5, "-1.25e-05"),
            (1.5e-7, "1.5e-07"),
            (1e22, "1e+22"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (value, expected) in table {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn plain_numbers_look_as_python_prints_them() {
        let plain = |value| {
            let mut output = String::new();
            write_plain(&mut output, value);
            output
        };
        let floats = [(1e6, "1000000.0"), (1e16, "1e+16"), (2e-5, "2e-05"), (-0.5, "-0.5")];
        for (value, expected) in floats {
            assert_eq!(plain(Number::Float(value)), expected);
        }
        assert_eq!(plain(Number::Float(f64::NEG_INFINITY)), "-inf");
        assert_eq!(plain(Number::Float(f64::NAN)), "nan");
        assert_eq!(plain(Number::Integer(-3)), "-3");
    }

    proptest! {
        #[test]
        fn a_count_looks_as_the_same_number(count: u64) {
            for count in [count, count % 1_000_000, count % 100_000_000] {
                let mut output = String::new();
                write_count(&mut output, count);
                prop_assert_eq!(output, text(count as f64));
            }
        }

        #[test]
        fn a_whole_number_has_the_digits_of_its_shortest_form(value in 1_u64..1 << 53) {
            let mut output = String::new();
            write_any(&mut output, value as f64);
            prop_assert_eq!(output, text(value as f64));
        }

        #[test]
        fn a_number_read_back_is_the_same_number(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(text(value).parse::<f64>().unwrap().to_bits(), bits);
        }
    }
}
