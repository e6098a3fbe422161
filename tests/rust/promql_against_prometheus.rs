//! The evaluator against a real Prometheus over the same samples.

use std::collections::BTreeMap;

use mephisto_metrics::model::{Labels, Series};
use mephisto_metrics::promql::{self, Options, QueryError, Value};
use serde_json::Value as Json;

use crate::prometheus::Prometheus;
use crate::promql_samples::{START_MS, Samples};

const QUERIES: &str = include_str!("../data/promql_queries.txt");
const RELATIVE_TOLERANCE: f64 = 1e-9;

/// Start, end and step: aligned with the scrapes and not, fine and coarse.
const RANGES_MS: [(i64, i64, i64); 4] = [
    (START_MS + 1_800_000, START_MS + 5_400_000, 15_000),
    (START_MS + 1_804_000, START_MS + 5_404_000, 15_000),
    (START_MS - 600_000, START_MS + 7_800_000, 60_000),
    (START_MS - 596_000, START_MS + 7_804_000, 60_000),
];
/// Early, amid resets and the gap, and when all series but the last samples are gone.
const INSTANTS_MS: [i64; 4] =
    [START_MS + 600_000, START_MS + 2_304_000, START_MS + 3_600_000, START_MS + 7_260_000];

/// What either side answers, in a form that can be compared: the samples by label set, in order.
#[derive(Debug)]
enum Answer {
    Samples(Vec<(String, Vec<(i64, f64)>)>),
    Text(String),
    Error(String),
}

#[test]
fn answers_agree_with_prometheus() {
    if !Prometheus::is_installed() {
        return;
    }
    let samples = Samples::of_two_operators();
    let prometheus = Prometheus::over(&samples.to_openmetrics());
    let mut differences = Vec::new();
    for query in queries() {
        for (start_ms, end_ms, step_ms) in RANGES_MS {
            let ours = ask_range(&samples, query, start_ms, end_ms, step_ms);
            let theirs = ask_prometheus_range(&prometheus, query, start_ms, end_ms, step_ms);
            let place = format!("{query} from {start_ms} by {step_ms}");
            differences.extend(difference(&place, &ours, &theirs));
        }
        for at_ms in INSTANTS_MS {
            let ours = ask_instant(&samples, query, at_ms);
            let theirs = ask_prometheus(&prometheus, "query", query, &[("time", seconds(at_ms))]);
            differences.extend(difference(&format!("{query} at {at_ms}"), &ours, &theirs));
        }
    }
    let count = differences.len();
    assert!(count == 0, "{count} differences:\n{}", differences.join("\n"));
}

#[test]
fn there_are_enough_queries_and_most_have_an_answer() {
    let samples = Samples::of_two_operators();
    let has_answer = |query: &&str| match ask_instant(&samples, query, INSTANTS_MS[0]) {
        Answer::Samples(series) => !series.is_empty(),
        Answer::Text(_) => true,
        Answer::Error(_) => false,
    };
    let answered = queries().filter(has_answer).count();
    assert!(queries().count() >= 300 && answered * 10 > queries().count() * 8, "{answered}");
}

fn queries() -> impl Iterator<Item = &'static str> {
    QUERIES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn ask_range(samples: &Samples, query: &str, start_ms: i64, end_ms: i64, step_ms: i64) -> Answer {
    let options = Options::default();
    match promql::query_range(samples, query, start_ms, end_ms, step_ms, &options) {
        Ok(series) => from_series(series),
        Err(error) => from_error(&error),
    }
}

fn ask_instant(samples: &Samples, query: &str, at_ms: i64) -> Answer {
    match promql::query_instant(samples, query, at_ms, &Options::default()) {
        Ok(Value::Scalar(value)) => Answer::Samples(vec![(String::new(), vec![(at_ms, value)])]),
        Ok(Value::String(text)) => Answer::Text(text),
        Ok(Value::Matrix(series)) => from_series(series),
        Ok(Value::Vector(elements)) => {
            let pairs = elements.into_iter().map(|element| {
                let sample = element.sample;
                (element.labels.to_string(), vec![(sample.timestamp_ms, sample.value)])
            });
            Answer::Samples(pairs.collect())
        }
        Err(error) => from_error(&error),
    }
}

fn from_error(error: &QueryError) -> Answer {
    Answer::Error(error.error_type().to_owned())
}

fn from_series(series: Vec<Series>) -> Answer {
    let pair = |series: Series| {
        let samples = series.samples.iter().map(|sample| (sample.timestamp_ms, sample.value));
        (series.labels.to_string(), samples.collect())
    };
    Answer::Samples(series.into_iter().map(pair).collect())
}

fn ask_prometheus_range(
    prometheus: &Prometheus,
    query: &str,
    start_ms: i64,
    end_ms: i64,
    step_ms: i64,
) -> Answer {
    let times =
        [("start", seconds(start_ms)), ("end", seconds(end_ms)), ("step", seconds(step_ms))];
    ask_prometheus(prometheus, "query_range", query, &times)
}

fn ask_prometheus(
    prometheus: &Prometheus,
    path: &str,
    query: &str,
    times: &[(&str, String)],
) -> Answer {
    let times = times.iter().map(|(name, time)| (*name, time.as_str()));
    let parameters: Vec<_> = times.chain([("query", query)]).collect();
    let answer = prometheus.ask(path, &parameters);
    if answer["status"] != "success" {
        return Answer::Error(answer["errorType"].as_str().unwrap().to_owned());
    }
    let result = &answer["data"]["result"];
    match answer["data"]["resultType"].as_str().unwrap() {
        "string" => Answer::Text(result[1].as_str().unwrap().to_owned()),
        "scalar" => Answer::Samples(vec![(String::new(), vec![sample(result)])]),
        _ => Answer::Samples(result.as_array().unwrap().iter().map(element).collect()),
    }
}

fn element(json: &Json) -> (String, Vec<(i64, f64)>) {
    let pairs = json["metric"].as_object().unwrap().iter();
    let labels: Labels = pairs.map(|(name, value)| (name, value.as_str().unwrap())).collect();
    let samples = match json["values"].as_array() {
        Some(values) => values.iter().map(sample).collect(),
        None => vec![sample(&json["value"])],
    };
    (labels.to_string(), samples)
}

#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds after rounding")]
fn sample(json: &Json) -> (i64, f64) {
    let timestamp_ms = (json[0].as_f64().unwrap() * 1000.0).round() as i64;
    (timestamp_ms, json[1].as_str().unwrap().parse().unwrap())
}

fn seconds(time_ms: i64) -> String {
    format!("{}.{:03}", time_ms / 1000, time_ms % 1000)
}

/// What differs, if anything does. The order counts where the query asks for one.
fn difference(place: &str, ours: &Answer, theirs: &Answer) -> Option<String> {
    let is_same = match (ours, theirs) {
        (Answer::Samples(ours), Answer::Samples(theirs)) => {
            let is_ordered = place.starts_with("sort") && place.contains(" at ");
            are_same_series(ours, theirs) && (!is_ordered || is_same_order(ours, theirs))
        }
        (Answer::Text(ours), Answer::Text(theirs))
        | (Answer::Error(ours), Answer::Error(theirs)) => ours == theirs,
        _ => false,
    };
    let shorten = |answer: &Answer| format!("{answer:?}").chars().take(600).collect::<String>();
    (!is_same)
        .then(|| format!("{place}\n  ours:   {}\n  theirs: {}", shorten(ours), shorten(theirs)))
}

type LabelledSamples = [(String, Vec<(i64, f64)>)];

fn are_same_series(ours: &LabelledSamples, theirs: &LabelledSamples) -> bool {
    let by_labels: BTreeMap<_, _> =
        theirs.iter().map(|(labels, samples)| (labels, samples)).collect();
    let is_there = |(labels, samples): &(String, Vec<_>)| {
        by_labels.get(labels).is_some_and(|theirs| are_same_samples(samples, theirs))
    };
    ours.len() == theirs.len() && by_labels.len() == theirs.len() && ours.iter().all(is_there)
}

fn is_same_order(ours: &LabelledSamples, theirs: &LabelledSamples) -> bool {
    ours.iter().zip(theirs).all(|((ours, _), (theirs, _))| ours == theirs)
}

fn are_same_samples(ours: &[(i64, f64)], theirs: &[(i64, f64)]) -> bool {
    let is_same = |(ours, theirs): (&(i64, f64), &(i64, f64))| {
        ours.0 == theirs.0 && is_close(ours.1, theirs.1)
    };
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(is_same)
}

#[expect(clippy::float_cmp, reason = "infinities are equal or not")]
fn is_close(ours: f64, theirs: f64) -> bool {
    let within = RELATIVE_TOLERANCE * ours.abs().max(theirs.abs());
    ours == theirs || (ours.is_nan() && theirs.is_nan()) || (ours - theirs).abs() <= within
}
