//! The other store: one request to it, and what its answer means.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};

use super::{RemoteWriteOptions, wire};
use crate::http::{StoreAccess, beginning, chain};
use crate::store::fault::kind;

/// As in Prometheus.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// As much of an answer is said; reasons stand at its beginning.
const SAID_LETTERS: usize = 500;

/// What became of a request.
#[derive(Debug, Eq, PartialEq)]
pub enum Answer {
    /// The receiver has the samples.
    Taken,
    /// It will never take these samples.
    Refused {
        /// The answer's status.
        status: StatusCode,
        /// What it said.
        reason: String,
    },
    /// It may take them later.
    Later {
        /// What is in the way, in words that stay the same for as long as it is.
        kind: String,
        /// What is in the way, in its own words.
        reason: String,
        /// How long it wants to be left alone.
        asked: Option<Duration>,
        /// Whether it has said so. If not, it may have the samples all the same.
        is_answered: bool,
    },
}

/// Where samples are sent.
#[derive(Debug)]
pub struct Receiver {
    client: Client,
    url: Url,
    access: StoreAccess,
}

impl Receiver {
    /// A receiver that was not asked yet.
    pub fn new(options: RemoteWriteOptions) -> Result<Self, String> {
        let RemoteWriteOptions { url, access, .. } = options;
        let client = access
            .client(&url)?
            .user_agent(concat!("mephisto-metrics-store/", env!("CARGO_PKG_VERSION")))
            .timeout(TIME_LIMIT)
            .build()
            .map_err(|error| chain(&error))?;
        Ok(Self { client, url, access })
    }

    /// Sends a body as `wire` makes it.
    ///
    /// By the specification (<https://prometheus.io/docs/specs/prw/remote_write_spec/>, "Retries &
    /// Backoff"), what is answered with a 4xx other than 429 must not be sent again: it takes such an
    /// answer for one about the samples. A wrong address is answered so as well, and not always with
    /// 404: VictoriaMetrics has 400 for each path that it does not know. So who refuses samples is
    /// sent a request without any. Prometheus, Mimir, Thanos and VictoriaMetrics take that one, since
    /// what it holds may be of a later version; who refuses it too refuses us, and the samples wait.
    pub async fn send(&self, body: Vec<u8>) -> Answer {
        match self.ask(body).await {
            Answer::Refused { status, reason } => self.judged(status, reason).await,
            answer => answer,
        }
    }

    async fn judged(&self, status: StatusCode, reason: String) -> Answer {
        match self.ask(wire::join(&[])).await {
            Answer::Taken => Answer::Refused { status, reason },
            Answer::Refused { .. } => Answer::Later {
                kind: status.to_string(),
                reason: reason + " (also to a request without samples: is the address right?)",
                asked: None,
                is_answered: true,
            },
            later @ Answer::Later { .. } => later,
        }
    }

    async fn ask(&self, body: Vec<u8>) -> Answer {
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_ENCODING, "snappy")
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
            .body(body);
        match self.access.add_to(request).await {
            Ok(request) => match request.send().await {
                Ok(response) => self.answer(response).await,
                Err(error) => Answer::later(chain(&error.without_url())),
            },
            Err(reason) => Answer::later(reason),
        }
    }

    async fn answer(&self, response: Response) -> Answer {
        let status = response.status();
        if status.is_success() {
            return Answer::Taken;
        }
        let asked = retry_after(response.headers());
        let reason = answered(status, &self.said(response).await);
        if is_about_the_samples(status) {
            Answer::Refused { status, reason }
        } else {
            Answer::Later { kind: status.to_string(), reason, asked, is_answered: true }
        }
    }

    /// What it said; VictoriaMetrics repeats the address, in whose query there may be a secret.
    async fn said(&self, response: Response) -> String {
        if self.url.query().is_some() {
            return "what it said is not shown, since the address has a query".to_owned();
        }
        let said = self.access.authorization.hide_in(&beginning(response).await).await;
        // Not cut before: half a secret would not be found.
        on_one_line(&said).chars().take(SAID_LETTERS).collect()
    }
}

impl Answer {
    fn later(reason: String) -> Self {
        Self::Later { kind: kind(&reason), reason, asked: None, is_answered: false }
    }
}

/// Whether it may be that other samples fare better. An address or credentials that are not right
/// refuse all, until somebody mends them.
fn is_about_the_samples(status: StatusCode) -> bool {
    const ABOUT_THE_SENDER: [StatusCode; 7] = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_client_error() && !ABOUT_THE_SENDER.contains(&status)
}

/// Seconds, or the time until when.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    (until.with_timezone(&Utc) - Utc::now()).to_std().ok()
}

fn answered(status: StatusCode, said: &str) -> String {
    let colon = if said.is_empty() { "" } else { ": " };
    format!("the receiver answered {status}{colon}{said}")
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<Duration> {
        retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]))
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_by_a_time() {
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        let until = Utc::now() + Duration::from_secs(90);
        let wait = asked(&until.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap();
        assert!((80..=90).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), None);
        assert_eq!(asked("soon"), None);
    }

    #[test]
    fn what_the_receiver_says_follows_its_status_if_it_says_anything() {
        assert_eq!(
            answered(StatusCode::UNAUTHORIZED, ""),
            "the receiver answered 401 Unauthorized"
        );
        assert_eq!(
            answered(StatusCode::BAD_GATEWAY, "try later"),
            "the receiver answered 502 Bad Gateway: try later"
        );
    }

    #[test]
    fn only_what_is_wrong_with_the_samples_lets_them_go() {
        for (status, lets_them_go) in [
            (StatusCode::BAD_REQUEST, true),
            (StatusCode::PAYLOAD_TOO_LARGE, true),
            (StatusCode::UNPROCESSABLE_ENTITY, true),
            (StatusCode::UNAUTHORIZED, false),
            (StatusCode::NOT_FOUND, false),
            (StatusCode::TOO_MANY_REQUESTS, false),
            (StatusCode::FOUND, false),
            (StatusCode::BAD_GATEWAY, false),
        ] {
            assert_eq!(is_about_the_samples(status), lets_them_go, "{status}");
        }
    }
}
