//! One request for a target's metrics, limited in time and size.

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::http::plain_client;

/// The text format 0.0.4 is the only one read; a target that knows no other sends it anyway.
const ACCEPTED: HeaderValue = HeaderValue::from_static("text/plain;version=0.0.4;q=0.9,*/*;q=0.1");

/// No exposition is larger than this once unpacked: some 500,000 series.
const BODY_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// Asks targets for their metrics.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client,
    time_limit: Duration,
}

impl Fetcher {
    /// A fetcher that gives up after `time_limit`, the reading of the body included.
    pub fn new(time_limit: Duration) -> reqwest::Result<Self> {
        let client = plain_client()
            .user_agent(concat!("mephisto-metrics-store/", env!("CARGO_PKG_VERSION")))
            .default_headers(HeaderMap::from_iter([(ACCEPT, ACCEPTED)]))
            // A target is what its file says: neither a proxy of the environment nor a redirect.
            .no_proxy()
            .redirect(Policy::none())
            .build()?;
        Ok(Self { client, time_limit })
    }

    /// How long a target may take.
    pub fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// The exposition at `url`, or why there is none.
    pub async fn fetch(&self, url: &str) -> Result<String, String> {
        match tokio::time::timeout(self.time_limit, self.request(url)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(format!("no answer within {:?}", self.time_limit)),
        }
    }

    async fn request(&self, url: &str) -> Result<String, String> {
        let response = self.client.get(url).send().await.map_err(|error| chain(&error))?;
        if !response.status().is_success() {
            return Err(format!("the server answered HTTP status {}", response.status()));
        }
        String::from_utf8(body(response).await?).map_err(|_| "the answer is not UTF-8".to_owned())
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| chain(&error))? {
        body.extend_from_slice(&part);
        if body.len() > BODY_LIMIT_BYTES {
            return Err(format!("the answer is larger than {BODY_LIMIT_BYTES} bytes"));
        }
    }
    Ok(body)
}

/// An error with its causes: the outermost alone says only that a request failed.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::response::Redirect;
    use axum::routing::get;

    use super::*;

    /// What the server's `path` gives.
    async fn fetched(path: &str) -> Result<String, String> {
        let router = Router::new()
            .route("/large", get(async || vec![b'#'; BODY_LIMIT_BYTES + 1]))
            .route("/bytes", get(async || vec![0xff_u8]))
            .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
            .route("/elsewhere", get(async || Redirect::to("/metrics")))
            .route("/silent", get(std::future::pending::<()>))
            .route("/accept", get(async |headers: HeaderMap| format!("{headers:?}")));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let server = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        let limit = Duration::from_millis(if path == "/silent" { 100 } else { 20_000 });
        let fetched = Fetcher::new(limit).unwrap().fetch(&url).await;
        server.abort();
        fetched
    }

    #[tokio::test]
    async fn what_is_no_exposition_is_told_from_one() {
        for (path, told) in [
            ("/large", "larger than 67108864 bytes"),
            ("/bytes", "not UTF-8"),
            ("/broken", "HTTP status 500"),
            ("/elsewhere", "HTTP status 303"),
            ("/silent", "no answer within 100ms"),
        ] {
            let error = fetched(path).await.unwrap_err();
            assert!(error.contains(told), "{path}: {error}");
        }
    }

    #[tokio::test]
    async fn the_text_format_is_asked_for_and_may_be_packed() {
        let headers = fetched("/accept").await.unwrap();
        assert!(headers.contains("text/plain;version=0.0.4"), "{headers}");
        assert!(headers.contains("\"accept-encoding\": \"gzip\""), "{headers}");
    }
}
