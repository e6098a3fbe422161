//! Floats as `prometheus_client` writes them, so that its users can compare bytes.

use std::fmt::Write;

/// Appends a number in the words of the exposition format.
///
/// The form is that of `prometheus_client.utils.floatToGoString`: Python's shortest `repr`, but
/// positive numbers of more than six digits before the point with an exponent, as Go prints them.
pub fn write_number(output: &mut String, value: f64) {
    if value.is_nan() {
        output.push_str("NaN");
    } else if value.is_infinite() {
        output.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        write_finite(output, value);
    }
}

fn write_finite(output: &mut String, value: f64) {
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format_finite(value);
    if let Some((mantissa, exponent)) = shortest.split_once('e') {
        write_scientific(output, mantissa, exponent);
        return;
    }
    let unsigned = shortest.strip_prefix('-').unwrap_or(shortest);
    // Python turns to exponents one digit sooner than the formatter does.
    if let Some(digits) = unsigned.strip_prefix("0.0000").filter(|digits| !digits.is_empty()) {
        let sign = &shortest[..shortest.len() - unsigned.len()];
        let mantissa = format!("{sign}{}.{}", &digits[..1], &digits[1..]);
        write_scientific(output, mantissa.trim_end_matches('.'), "-5");
        return;
    }
    match shortest.find('.') {
        Some(point) if value > 0.0 && point > 6 => {
            let digits =
                format!("{}.{}{}", &shortest[..1], &shortest[1..point], &shortest[point + 1..]);
            output.push_str(digits.trim_end_matches(['0', '.']));
            let _ = write!(output, "e+{:02}", point - 1);
        }
        _ => output.push_str(shortest),
    }
}

/// Python writes no `.0` before an exponent, always its sign, and at least two digits.
fn write_scientific(output: &mut String, mantissa: &str, exponent: &str) {
    output.push_str(mantissa.strip_suffix(".0").unwrap_or(mantissa));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    let _ = write!(output, "e{sign}{digits:0>2}");
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

    proptest! {
        #[test]
        fn a_number_read_back_is_the_same_number(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(text(value).parse::<f64>().unwrap().to_bits(), bits);
        }
    }
}
