//! Rules of Prometheus 3 that Debian's Prometheus 2.42 cannot judge, and the evaluator's limits.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use mephisto_metrics::model::{METRIC_NAME, Matcher, STALE_MARKER, Sample, Series};
use mephisto_metrics::promql::{
    self, Options, QueryError, SelectError, SeriesSource, Value, parse_selector,
};
use proptest::prelude::*;

use crate::promql_samples::Samples;

const MINUTE_MS: i64 = 60_000;

/// One series `x{labels}` with samples at whole minutes.
fn series(name: &str, pairs: &[(&str, &str)], values: &[(i64, f64)]) -> Series {
    let labels = [(METRIC_NAME, name)].iter().chain(pairs).copied().collect();
    let sample =
        |(minute, value): &(i64, f64)| Sample { timestamp_ms: minute * MINUTE_MS, value: *value };
    Series { labels, samples: values.iter().map(sample).collect() }
}

fn each_minute(values: &[f64]) -> Samples {
    let values: Vec<_> = (0..).zip(values.iter().copied()).collect();
    Samples(vec![series("x", &[], &values)])
}

/// The elements of an instant query, as text and value.
fn elements(source: &dyn SeriesSource, query: &str, minute: i64) -> Vec<(String, f64)> {
    match promql::query_instant(source, query, minute * MINUTE_MS, &Options::default()).unwrap() {
        Value::Vector(elements) => {
            elements.into_iter().map(|one| (one.labels.to_string(), one.sample.value)).collect()
        }
        other => panic!("{query} is not a vector: {other:?}"),
    }
}

fn values(source: &dyn SeriesSource, query: &str, minute: i64) -> Vec<f64> {
    elements(source, query, minute).into_iter().map(|(_, value)| value).collect()
}

fn error(query: &str, options: &Options) -> QueryError {
    let samples = each_minute(&[1.0, 2.0, 3.0]);
    promql::query_range(&samples, query, 0, 10 * MINUTE_MS, MINUTE_MS, options).unwrap_err()
}

#[test]
fn the_lookback_is_open_on_the_left() {
    let samples = each_minute(&[7.0]);
    assert_eq!(values(&samples, "x", 4), [7.0]);
    assert!(values(&samples, "x", 5).is_empty());
}

#[test]
fn a_range_window_is_open_on_the_left_and_closed_on_the_right() {
    let samples = each_minute(&[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(values(&samples, "count_over_time(x[2m])", 3), [2.0]);
    assert_eq!(values(&samples, "sum_over_time(x[2m])", 3), [7.0]);
    assert_eq!(values(&samples, "sum_over_time(x[2m] offset 1m)", 3), [5.0]);
    assert_eq!(values(&samples, "sum_over_time(x[2m] offset -1m)", 2), [7.0]);
    let bare = promql::query_instant(&samples, "x[1m]", 3 * MINUTE_MS, &Options::default());
    assert!(matches!(bare.unwrap(), Value::Matrix(series) if series[0].samples.len() == 1));
}

#[test]
fn a_subquery_aligns_to_multiples_of_its_step_and_is_open_on_the_left() {
    let samples = each_minute(&[1.0]);
    assert_eq!(values(&samples, "count_over_time(vector(1)[4m:2m])", 10), [2.0]);
    assert_eq!(values(&samples, "count_over_time(vector(1)[4m:3m])", 10), [1.0]);
    assert_eq!(values(&samples, "min_over_time(vector(time())[4m:3m])", 10), [540.0]);
    assert_eq!(values(&samples, "count_over_time(vector(1)[4m:])", 10), [4.0]);
}

#[test]
fn a_subquery_without_a_step_in_its_range_is_empty() {
    let samples = each_minute(&[1.0]);
    assert!(values(&samples, "count_over_time(vector(1)[1m:1h])", 10).is_empty());
}

#[test]
fn a_stale_marker_ends_a_series_at_once() {
    let samples = each_minute(&[1.0, STALE_MARKER]);
    assert!(values(&samples, "x", 1).is_empty());
    assert_eq!(values(&samples, "count_over_time(x[5m])", 2), [1.0]);
    assert_eq!(values(&samples, "absent(x)", 1), [1.0]);
}

#[test]
fn a_nan_that_is_not_the_stale_marker_is_a_value() {
    let samples = each_minute(&[1.0, f64::NAN]);
    assert!(values(&samples, "x", 1)[0].is_nan());
}

#[test]
fn a_series_that_comes_back_after_a_stale_marker_is_there_again() {
    let samples = each_minute(&[1.0, STALE_MARKER, 3.0]);
    let range =
        promql::query_range(&samples, "x", 0, 2 * MINUTE_MS, MINUTE_MS, &Options::default());
    let times: Vec<_> = range.unwrap()[0].samples.iter().map(|one| one.timestamp_ms).collect();
    assert_eq!(times, [0, 2 * MINUTE_MS]);
}

#[test]
fn a_counter_is_not_extrapolated_below_zero_after_the_threshold_either() {
    // The window starts long before the first sample, so half a minute is added at the start, but
    // the counter was zero six seconds before it. Prometheus 2 would have added the six seconds
    // only where they were fewer than the whole way to the start.
    let samples = Samples(vec![series("x", &[], &[(6, 1.0), (7, 11.0), (8, 21.0)])]);
    let increase = values(&samples, "increase(x[8m])", 8)[0];
    assert!((increase - 20.0 * (120.0 + 6.0) / 120.0).abs() < 1e-9, "{increase}");
}

#[test]
fn sums_and_means_are_compensated() {
    let samples = each_minute(&[1e17, 1.0, -1e17, 0.5]);
    assert_eq!(values(&samples, "sum_over_time(x[10m])", 3), [1.5]);
    assert_eq!(values(&samples, "avg_over_time(x[10m])", 3), [0.375]);
    let four = [("1", 1e17), ("2", 1.0), ("3", -1e17), ("4", 0.5)];
    let series = four.map(|(id, value)| series("y", &[("id", id)], &[(0, value)]));
    let samples = Samples(series.to_vec());
    assert_eq!(values(&samples, "sum(y)", 0), [1.5]);
    assert_eq!(values(&samples, "avg(y)", 0), [0.375]);
}

#[test]
fn a_mean_does_not_overflow() {
    let samples = each_minute(&[1.5e308, 1.5e308, 1.5e308]);
    let mean = values(&samples, "avg_over_time(x[10m])", 3)[0];
    assert!((mean / 1.5e308 - 1.0).abs() < 1e-12, "{mean}");
}

#[test]
fn arithmetic_drops_the_name_and_selection_keeps_it() {
    let samples = each_minute(&[1.0, 2.0]);
    let name = |query: &str| elements(&samples, query, 1).remove(0).0;
    for query in ["x", "x > 0", "last_over_time(x[2m])", "topk(1, x)", "sort(x)", "x or x"] {
        assert_eq!(name(query), "{__name__=\"x\"}", "{query}");
    }
    for query in ["x + 1", "x atan2 3", "-x", "abs(x)", "x > bool 0", "rate(x[2m])", "sum(x)"] {
        assert_eq!(name(query), "{}", "{query}");
    }
}

#[test]
fn a_window_pinned_by_at_is_the_same_at_every_step() {
    let samples = each_minute(&[0.0, 6.0, 12.0, 18.0]);
    let query = "predict_linear(x[5m] @ 180, 0)";
    let range =
        promql::query_range(&samples, query, 0, 20 * MINUTE_MS, MINUTE_MS, &Options::default());
    for sample in &range.unwrap()[0].samples {
        let expected = sample.timestamp_ms as f64 / 10_000.0;
        assert!((sample.value - expected).abs() < 1e-9, "{sample:?}");
    }
}

#[test]
fn at_start_and_end_are_the_query_s_own_in_a_subquery_too() {
    let samples = each_minute(&[1.0, 2.0, 3.0, 4.0]);
    let query = "max_over_time((x @ start())[2m:1m])";
    let range = promql::query_range(
        &samples,
        query,
        MINUTE_MS,
        3 * MINUTE_MS,
        MINUTE_MS,
        &Options::default(),
    );
    let values: Vec<f64> = range.unwrap()[0].samples.iter().map(|sample| sample.value).collect();
    assert_eq!(values, [2.0, 2.0, 2.0]);
}

#[test]
fn the_date_of_no_number_is_no_number() {
    let samples = each_minute(&[f64::NAN]);
    assert!(values(&samples, "hour(x)", 0)[0].is_nan());
    let samples = each_minute(&[f64::INFINITY]);
    assert!(values(&samples, "year(x)", 0)[0].is_nan());
}

#[test]
fn bucket_counts_that_differ_by_rounding_are_taken_as_equal() {
    let bucket = |bound: &str, count| series("x_bucket", &[("le", bound)], &[(0, count)]);
    let samples = Samples(vec![
        bucket("1", 10.0),
        bucket("2", 10.000_000_000_001),
        bucket("4", 10.0),
        bucket("+Inf", 10.0),
    ]);
    assert_eq!(values(&samples, "histogram_quantile(1, x_bucket)", 0), [1.0]);
}

#[test]
fn equal_labels_after_dropping_the_name_are_an_error_of_execution() {
    let samples = Samples(vec![series("x", &[], &[(0, 1.0)]), series("y", &[], &[(0, 2.0)])]);
    for query in ["abs({__name__=~\"x|y\"})", "-{__name__=~\"x|y\"}", "{__name__=~\"x|y\"} * 2"] {
        let error = promql::query_instant(&samples, query, 0, &Options::default()).unwrap_err();
        assert_eq!(error.error_type(), "execution");
        assert!(error.to_string().contains("same labelset"), "{error}");
    }
}

#[test]
fn many_to_one_without_group_left_names_what_to_write() {
    let samples = Samples(vec![
        series("x", &[("id", "1")], &[(0, 1.0)]),
        series("x", &[("id", "2")], &[(0, 1.0)]),
        series("y", &[], &[(0, 2.0)]),
    ]);
    let at = |query| promql::query_instant(&samples, query, 0, &Options::default());
    assert!(at("x / on() y").unwrap_err().to_string().contains("group_left/group_right"));
    let message = at("y / on() x").unwrap_err().to_string();
    assert!(message.contains("found duplicate series for the match group {} on the right"));
    assert!(matches!(at("x / on() group_left y"), Ok(Value::Vector(two)) if two.len() == 2));
}

#[test]
fn what_is_not_supported_is_named() {
    for name in ["histogram_sum(x)", "info(x)", "limitk(1, x)", "mad_over_time(x[5m])"] {
        let message = error(name, &Options::default()).to_string();
        assert!(message.contains(name.split('(').next().unwrap()), "{message}");
    }
    let message = error("x + fill(0) x", &Options::default()).to_string();
    assert!(message.contains("fill"), "{message}");
}

#[test]
fn limits_answer_the_type_of_error_that_prometheus_does() {
    let few_steps = Options { max_steps: 10, ..Options::default() };
    assert_eq!(error("x", &few_steps).error_type(), "bad_data");
    let few_samples = Options { max_samples: 10, ..Options::default() };
    assert_eq!(error("x", &few_samples).error_type(), "execution");
    let late = Options { deadline: Some(Instant::now()), ..Options::default() };
    assert_eq!(error("x", &late).error_type(), "timeout");
    assert_eq!(
        error("max_over_time(vector(1)[1y:1ms])", &Options::default()).error_type(),
        "execution"
    );
}

#[test]
fn times_that_make_no_range_are_bad_data() {
    let samples = each_minute(&[1.0]);
    for (start_ms, end_ms, step_ms) in [(1, 0, 1), (0, 1, 0), (0, 1, -1), (i64::MIN, i64::MAX, 1)] {
        let options = Options::default();
        let error = promql::query_range(&samples, "x", start_ms, end_ms, step_ms, &options);
        assert_eq!(error.unwrap_err().error_type(), "bad_data");
    }
}

#[test]
fn an_expression_that_would_exhaust_the_stack_is_bad_data() {
    let (nested, negated) = ("(".repeat(9_000) + "1", "-".repeat(3_900) + "x");
    let (chained, subqueried) =
        ("1".to_owned() + &"+1".repeat(1_900), "x".to_owned() + &" or x".repeat(1_900));
    for expression in [nested, negated, chained, subqueried] {
        assert_eq!(error(&expression, &Options::default()).error_type(), "bad_data");
    }
}

#[test]
fn the_deepest_expression_that_is_allowed_is_evaluated() {
    let samples = each_minute(&[1.0]);
    assert_eq!(values(&samples, &("x".to_owned() + &" + x".repeat(198)), 0), [199.0]);
    let aggregated = "sum(".repeat(198) + "x" + &")".repeat(198);
    assert_eq!(values(&samples, &aggregated, 0), [1.0]);
}

#[test]
fn a_long_pattern_is_no_deep_expression() {
    let samples = each_minute(&[1.0]);
    let pattern: Vec<String> = (0..5_000).map(|id| format!("w-{id}")).collect();
    assert!(values(&samples, &format!("x{{worker_id=~\"{}\"}}", pattern.join("|")), 0).is_empty());
}

#[test]
fn a_duration_out_of_range_is_bad_data() {
    for query in ["rate(x[1e30])", "x offset 1e30", "rate(x[99999999999999999999y])"] {
        assert_eq!(error(query, &Options::default()).error_type(), "bad_data", "{query}");
    }
}

/// Counts how often it is asked.
struct Counting(AtomicUsize);

impl SeriesSource for Counting {
    fn select(&self, _: &[Matcher], _: i64, _: i64) -> Result<Vec<Series>, SelectError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(each_minute(&[1.0, 2.0]).0)
    }
}

#[test]
fn a_range_query_asks_the_source_once_a_selector() {
    let source = Counting(AtomicUsize::new(0));
    let query = "rate(x[5m]) / x + max_over_time(x[5m:1m])";
    promql::query_range(&source, query, 0, 100 * MINUTE_MS, MINUTE_MS, &Options::default())
        .unwrap();
    assert_eq!(source.0.load(Ordering::Relaxed), 3);
}

/// A source whose disk is gone.
struct Broken;

impl SeriesSource for Broken {
    fn select(&self, _: &[Matcher], _: i64, _: i64) -> Result<Vec<Series>, SelectError> {
        Err(SelectError("samples.db: input/output error".into()))
    }
}

#[test]
fn a_source_that_fails_is_an_internal_error_that_names_it() {
    let error = promql::query_instant(&Broken, "x", 0, &Options::default()).unwrap_err();
    assert_eq!(error.error_type(), "internal");
    assert!(error.to_string().contains("samples.db"), "{error}");
}

#[test]
fn a_selector_is_parsed_to_its_matchers() {
    let matchers = parse_selector("x{a=\"1\", b!~\"c|d\"}").unwrap();
    let labels = |b: &str| [(METRIC_NAME, "x"), ("a", "1"), ("b", b)].into_iter().collect();
    let selects = |b: &str| matchers.iter().all(|one| one.matches(&labels(b)));
    assert!(selects("e") && selects("cd") && !selects("c"));
    for expression in ["x[5m]", "sum(x)", "x offset 1m", "x @ 1", "{a=\"\"}", "x{", "1"] {
        assert_eq!(parse_selector(expression).unwrap_err().error_type(), "bad_data");
    }
}

#[test]
fn a_dot_in_a_pattern_matches_a_line_break() {
    let samples = Samples(vec![series("x", &[("a", "one\ntwo")], &[(0, 1.0)])]);
    assert_eq!(values(&samples, "x{a=~\"one.two\"}", 0), [1.0]);
}

#[test]
fn braces_in_a_pattern_are_read_as_go_reads_them() {
    let samples = Samples(vec![series("x", &[("a", "a{b}c")], &[(0, 1.0)])]);
    assert_eq!(values(&samples, "x{a=~\"a{b}c\"}", 0), [1.0]);
}

fn some_values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(
        prop_oneof![8 => -1e6..1e6, 1 => Just(STALE_MARKER), 1 => Just(f64::NAN)],
        1..40,
    )
}

proptest! {
    #[test]
    fn each_step_of_a_range_is_what_an_instant_query_answers(
        values in some_values(),
        step_ms in 1_000i64..200_000,
        query in prop::sample::select(vec![
            "x", "rate(x[3m])", "delta(x[150s] offset 1m)", "max_over_time(x[2m])",
            "avg_over_time(x[5m:90s])", "x > 0 or vector(1)", "count(x)", "irate(x[10m])",
        ]),
    ) {
        let samples = each_minute(&values);
        let options = Options::default();
        let end_ms = 40 * MINUTE_MS;
        let range = promql::query_range(&samples, query, 0, end_ms, step_ms, &options).unwrap();
        for time_ms in (0..=end_ms).step_by(usize::try_from(step_ms).unwrap()) {
            let at = |series: &Series| {
                let mut samples = series.samples.iter();
                let sample = samples.find(|sample| sample.timestamp_ms == time_ms)?;
                Some((series.labels.clone(), sample.value.to_bits()))
            };
            let stepped: Vec<_> = range.iter().filter_map(at).collect();
            let Value::Vector(mut instant) =
                promql::query_instant(&samples, query, time_ms, &options).unwrap()
            else {
                panic!("not a vector")
            };
            instant.sort_by(|one, other| one.labels.cmp(&other.labels));
            let instant: Vec<_> = instant
                .into_iter()
                .map(|one| (one.labels, one.sample.value.to_bits()))
                .collect();
            prop_assert_eq!(stepped, instant);
        }
    }

    #[test]
    fn the_increase_of_a_rising_counter_is_never_negative(
        increments in prop::collection::vec(0.0..1e9f64, 2..40),
        at_minute in 0i64..45,
    ) {
        let total = Cell::new(0.0);
        let totals: Vec<f64> = increments
            .iter()
            .map(|increment| { total.set(total.get() + increment); total.get() })
            .collect();
        let increases = values(&each_minute(&totals), "increase(x[7m])", at_minute);
        prop_assert!(increases.iter().all(|increase| *increase >= 0.0));
    }

    #[test]
    fn a_quantile_lies_between_the_least_and_the_greatest_value(
        numbers in prop::collection::vec(-1e6..1e6f64, 1..30),
        q in 0.0..=1.0f64,
    ) {
        let samples = each_minute(&numbers);
        let of = |query: &str| values(&samples, query, 30)[0];
        let quantile = of(&format!("quantile_over_time({q}, x[1h])"));
        prop_assert!(of("min_over_time(x[1h])") <= quantile + 1e-6);
        prop_assert!(quantile <= of("max_over_time(x[1h])") + 1e-6);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[-a-z0-9(){}\\[\\]\"'`=~!<>@:+*/%^., ]{0,60}") {
        let _ = promql::query_instant(&each_minute(&[1.0]), &text, 0, &Options::default());
    }
}
