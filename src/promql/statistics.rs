//! What many values come to: shared by aggregations (over series) and `*_over_time` (over samples).

/// A sum that carries its rounding error along, as Prometheus's does (`util/kahansum`).
///
/// Neumaier's form: unlike Kahan's, it also holds when a term is larger than the sum so far.
#[derive(Clone, Copy, Default)]
pub struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    /// Adds one term.
    #[must_use]
    pub fn plus(self, term: f64) -> Self {
        let sum = self.sum + term;
        let lost = if sum.is_infinite() {
            0.0
        } else if self.sum.abs() >= term.abs() {
            self.lost + ((self.sum - sum) + term)
        } else {
            self.lost + ((term - sum) + self.sum)
        };
        Self { sum, lost }
    }

    /// The sum with what rounding had taken from it.
    pub fn total(self) -> f64 {
        self.sum + self.lost
    }

    fn scaled(self, factor: f64) -> Self {
        Self { sum: self.sum * factor, lost: self.lost * factor }
    }
}

/// The sum; 0 of nothing.
pub fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(Compensated::default(), Compensated::plus).total()
}

/// The mean; NaN of nothing. Where the sum would overflow the mean is moved along instead.
pub fn average(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let total = values.clone().fold(Compensated::default(), Compensated::plus);
    let count = values.clone().count() as f64;
    if total.sum.is_infinite() {
        return moving_average(values);
    }
    total.sum / count + total.lost / count
}

fn moving_average(values: impl Iterator<Item = f64>) -> f64 {
    let mut mean = Compensated::default();
    for (index, value) in values.enumerate() {
        let count = index as f64 + 1.0;
        // The first value is taken as it is: 0 times an infinity would be NaN.
        let weight = if index == 0 { 0.0 } else { (count - 1.0) / count };
        mean = mean.scaled(weight).plus(value / count);
    }
    mean.total()
}

/// The least value that is a number; NaN if none is.
pub fn minimum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NAN, f64::min)
}

/// The greatest value that is a number; NaN if none is.
pub fn maximum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NAN, f64::max)
}

/// The population variance, by Welford's method.
pub fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut mean, mut squares) = (0.0, Compensated::default(), Compensated::default());
    for value in values {
        count += 1.0;
        let distance = value - mean.total();
        mean = mean.plus(distance / count);
        squares = squares.plus(distance * (value - mean.total()));
    }
    squares.total() / count
}

/// The population standard deviation.
pub fn deviation(values: impl Iterator<Item = f64>) -> f64 {
    variance(values).sqrt()
}

/// The quantile `q`, between the two nearest values by their distance; NaN counts as least.
///
/// Below 0 it is -Inf, above 1 +Inf, and NaN for a NaN or without values.
pub fn quantile(q: f64, values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    if sorted.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&q) {
        return f64::INFINITY.copysign(q);
    }
    sorted.sort_by(|one, other| nan_first(*one, *other));
    let rank = q * (sorted.len() - 1) as f64;
    let lower = index(rank.floor());
    let upper = (lower + 1).min(sorted.len() - 1);
    let weight = rank - rank.floor();
    sorted[lower] * (1.0 - weight) + sorted[upper] * weight
}

/// Orders numbers by size and any NaN before them all.
pub fn nan_first(one: f64, other: f64) -> std::cmp::Ordering {
    one.partial_cmp(&other).unwrap_or_else(|| other.is_nan().cmp(&one.is_nan()))
}

/// A float that is a small whole number, as an index.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "floored, not negative"
)]
fn index(rank: f64) -> usize {
    rank as usize
}
