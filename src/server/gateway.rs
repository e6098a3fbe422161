//! Metrics handed to a Pushgateway, for jobs that end before anybody scrapes them.

use std::error::Error;
use std::time::Duration;

use axum::body::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Url};
use thiserror::Error;

use crate::encoding::{Encoded, Format};
use crate::http::{beginning, plain_client, shown};

/// Why a Pushgateway has not done what was asked of it.
#[derive(Debug, Error)]
pub enum PushError {
    /// It was not reached, or not in time.
    #[error("{} can not be reached: {reason}", shown(url))]
    Unreachable {
        /// What was asked.
        url: Url,
        /// Why.
        reason: String,
    },
    /// It answered with an error.
    #[error("{} refused with {status}: {answer}", shown(url))]
    Refused {
        /// What was asked.
        url: Url,
        /// The status of the answer.
        status: reqwest::StatusCode,
        /// The beginning of its text.
        answer: String,
    },
}

/// Sends one request; `text` is in the text format 0.0.4.
pub async fn send(
    method: Method,
    url: Url,
    text: Encoded,
    limit: Option<Duration>,
) -> Result<(), PushError> {
    let unreachable = |error: reqwest::Error| PushError::Unreachable {
        url: url.clone(),
        reason: innermost(&error),
    };
    let client = plain_client().build().map_err(unreachable)?;
    let mut request = client
        .request(method, url.clone())
        .header(CONTENT_TYPE, Format::TEXT.content_type())
        .body(Bytes::from_owner(text));
    if let Some(limit) = limit {
        request = request.timeout(limit);
    }
    let answer = request.send().await.map_err(unreachable)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    Err(PushError::Refused { url, status, answer: beginning(answer).await })
}

/// What is at the bottom of an error: the ones above it say only that sending has failed.
fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
