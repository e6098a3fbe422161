//! Answers of Prometheus's shape.
//!
//! <https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview>

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value as Json_, json};

use crate::model::{Labels, Sample, Series};
use crate::promql::{InstantSample, QueryError, Value};

/// An answer's `data`.
pub struct Data<T>(pub T);

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Success<T> {
            status: &'static str,
            data: T,
        }
        Json(Success { status: "success", data: self.0 }).into_response()
    }
}

/// A refused or failed request.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    kind: &'static str,
    message: String,
}

impl ApiError {
    /// The request is wrong.
    pub fn bad_data(message: String) -> Self {
        Self { kind: "bad_data", message }
    }

    /// The query took too long, or waited too long for others.
    pub fn timeout(message: String) -> Self {
        Self { kind: "timeout", message }
    }

    /// We are wrong.
    pub fn internal(message: String) -> Self {
        Self { kind: "internal", message }
    }

    fn status(&self) -> StatusCode {
        match self.kind {
            "bad_data" => StatusCode::BAD_REQUEST,
            "execution" => StatusCode::UNPROCESSABLE_ENTITY,
            "timeout" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self { kind: error.error_type(), message: error.to_string() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"status": "error", "errorType": self.kind, "error": self.message});
        (self.status(), Json(body)).into_response()
    }
}

/// The `data` of an instant query: `resultType` and `result`.
pub fn instant(value: &Value, at_ms: i64) -> BTreeMap<&'static str, Json_> {
    let at_seconds = seconds(at_ms);
    let (kind, result) = match value {
        Value::Scalar(number) => ("scalar", json!([at_seconds, number_text(*number)])),
        Value::String(text) => ("string", json!([at_seconds, text])),
        Value::Vector(samples) => ("vector", samples.iter().map(in_vector).collect()),
        Value::Matrix(series) => ("matrix", series.iter().map(in_matrix).collect()),
    };
    result_of(kind, result)
}

/// The `data` of a range query.
pub fn range(series: &[Series]) -> BTreeMap<&'static str, Json_> {
    result_of("matrix", series.iter().map(in_matrix).collect())
}

fn result_of(kind: &str, result: Json_) -> BTreeMap<&'static str, Json_> {
    BTreeMap::from([("resultType", json!(kind)), ("result", result)])
}

fn in_vector(sample: &InstantSample) -> Json_ {
    json!({"metric": sample.labels, "value": point(&sample.sample)})
}

fn in_matrix(series: &Series) -> Json_ {
    let values: Vec<_> = series.samples.iter().map(point).collect();
    json!({"metric": series.labels, "values": values})
}

fn point(sample: &Sample) -> (f64, String) {
    (seconds(sample.timestamp_ms), number_text(sample.value))
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// A value as Prometheus writes it in JSON: the shortest digits that mean it, with an exponent
/// only below 1e-6 and from 1e21 on (`MarshalFloat` in prometheus/prometheus `util/jsonutil`).
pub fn number_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else if value != 0.0 && value.abs() < 1e-6 {
        format!("{value:e}")
    } else if value.abs() >= 1e21 {
        format!("{value:e}").replace('e', "e+")
    } else {
        value.to_string()
    }
}

/// A label set as it is listed by `/api/v1/series`.
pub fn listed(mut series: Vec<Labels>, limit: usize) -> Vec<Labels> {
    series.sort_unstable();
    series.dedup();
    series.truncate(limit);
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_prometheus_does() {
        for (value, text) in [
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (1.0 / 3.0, "0.3333333333333333"),
        ] {
            assert_eq!(number_text(value), text);
        }
    }

    #[test]
    fn each_kind_of_value_has_its_shape() {
        let sample = Sample { timestamp_ms: 1_500, value: 2.0 };
        let labels = Labels::from_iter([("a", "b")]);
        let vector = Value::Vector(vec![InstantSample { labels: labels.clone(), sample }]);
        let matrix = Value::Matrix(vec![Series { labels, samples: vec![sample] }]);
        for (value, kind, result) in [
            (Value::Scalar(2.0), "scalar", json!([1.5, "2"])),
            (Value::String("x".into()), "string", json!([1.5, "x"])),
            (vector, "vector", json!([{"metric": {"a": "b"}, "value": [1.5, "2"]}])),
            (matrix, "matrix", json!([{"metric": {"a": "b"}, "values": [[1.5, "2"]]}])),
        ] {
            let data = instant(&value, 1_500);
            assert_eq!(data["resultType"], json!(kind));
            assert_eq!(data["result"], result);
        }
    }
}
