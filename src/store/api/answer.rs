//! Answers of Prometheus's shape.
//!
//! <https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview>

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};

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
        #[derive(Serialize)]
        struct Failure {
            status: &'static str,
            #[serde(rename = "errorType")]
            kind: &'static str,
            error: String,
        }
        let status = self.status();
        let body = Failure { status: "error", kind: self.kind, error: self.message };
        (status, Json(body)).into_response()
    }
}

/// The `data` of a query.
#[derive(Serialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum Answer {
    Scalar(Point),
    String(f64, String),
    Vector(Vec<VectorEntry>),
    Matrix(Vec<MatrixEntry>),
}

impl Answer {
    /// The answer to an instant query.
    pub fn instant(value: Value, at_ms: i64) -> Self {
        match value {
            Value::Scalar(value) => Self::Scalar(Point(Sample { timestamp_ms: at_ms, value })),
            Value::String(text) => Self::String(seconds(at_ms), text),
            Value::Vector(samples) => Self::Vector(samples.into_iter().map(Into::into).collect()),
            Value::Matrix(series) => Self::range(series),
        }
    }

    /// The answer to a range query.
    pub fn range(series: Vec<Series>) -> Self {
        Self::Matrix(series.into_iter().map(Into::into).collect())
    }
}

#[derive(Serialize)]
pub struct VectorEntry {
    metric: Labels,
    value: Point,
}

impl From<InstantSample> for VectorEntry {
    fn from(sample: InstantSample) -> Self {
        Self { metric: sample.labels, value: Point(sample.sample) }
    }
}

#[derive(Serialize)]
pub struct MatrixEntry {
    metric: Labels,
    values: Vec<Point>,
}

impl From<Series> for MatrixEntry {
    fn from(series: Series) -> Self {
        let values = series.samples.into_iter().map(Point).collect();
        Self { metric: series.labels, values }
    }
}

/// A sample as `[seconds, "value"]`; made into text only on its way out, for there may be millions.
pub struct Point(Sample);

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (seconds(self.0.timestamp_ms), number_text(self.0.value)).serialize(serializer)
    }
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// A value as Prometheus writes it in JSON: the shortest digits that mean it, with an exponent
/// only below 1e-6 and from 1e21 on (`MarshalFloat` in prometheus/prometheus `util/jsonutil`).
fn number_text(value: f64) -> String {
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
    use serde_json::json;

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
            let data = serde_json::to_value(Answer::instant(value, 1_500)).unwrap();
            assert_eq!(data, json!({"resultType": kind, "result": result}));
        }
    }
}
