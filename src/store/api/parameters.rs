//! The parameters of a request: of its address, and of its form if it is a POST.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;

use super::answer::ApiError;
use super::time::{EARLIEST_MS, LATEST_MS, parse_time};
use crate::model::Matcher;
use crate::promql::parse_selector;

/// Names with values; a name may be there several times.
#[derive(Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn add(&mut self, encoded: &[u8]) {
        self.0.extend(form_urlencoded::parse(encoded).into_owned());
    }

    /// The first value of that name that is not empty: Prometheus takes an empty one as none.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        values.find(|value| !value.is_empty())
    }

    /// The same, or an error that names it.
    pub fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| {
            ApiError::bad_data(format!("invalid parameter \"{name}\": it is missing"))
        })
    }

    /// A time in milliseconds.
    pub fn time(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.get(name).map(|text| parse_time(name, text)).transpose()
    }

    /// `start` and `end`, all of time unless they are given.
    pub fn range(&self) -> Result<(i64, i64), ApiError> {
        let start_ms = self.time("start")?.unwrap_or(EARLIEST_MS);
        let end_ms = self.time("end")?.unwrap_or(LATEST_MS);
        if end_ms < start_ms {
            let message = "invalid parameter \"end\": end timestamp must not be before start time";
            return Err(ApiError::bad_data(message.to_owned()));
        }
        Ok((start_ms, end_ms))
    }

    /// `limit`: how many entries the answer may have; all if it is missing or zero.
    pub fn limit(&self) -> Result<usize, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(usize::MAX) };
        match text.parse::<usize>() {
            Ok(0) => Ok(usize::MAX),
            Ok(limit) => Ok(limit),
            Err(_) => Err(ApiError::bad_data(format!(
                "invalid parameter \"limit\": {text:?} is not a whole number"
            ))),
        }
    }

    /// The selectors of all `match[]`.
    pub fn selectors(&self) -> Result<Vec<Vec<Matcher>>, ApiError> {
        self.all("match[]").map(|text| Ok(parse_selector(text)?)).collect()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl<State: Send + Sync> FromRequest<State> for Parameters {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &State) -> Result<Self, ApiError> {
        let mut parameters = Self::default();
        parameters.add(request.uri().query().unwrap_or_default().as_bytes());
        let is_form = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        if is_form {
            let body = Bytes::from_request(request, state)
                .await
                .map_err(|error| ApiError::bad_data(error.body_text()))?;
            parameters.add(&body);
        }
        Ok(parameters)
    }
}
