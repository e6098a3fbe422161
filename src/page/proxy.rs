//! Hands the page's queries on to the store.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parking_lot::RwLock;
use serde_json::json;

use crate::http::plain_client;

/// Queries are short; whatever is longer is not from the page.
const REQUEST_LIMIT_BYTES: usize = 1024 * 1024;
/// What of a request's and of an answer's head the other side has to know.
const FORWARDED: [HeaderName; 2] = [header::CONTENT_TYPE, header::ACCEPT_ENCODING];
const RETURNED: [HeaderName; 3] = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::VARY];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than a store takes to give up by itself, and to say why.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(130);

/// A client of the store.
#[derive(Clone, Debug)]
pub struct Proxy {
    client: reqwest::Client,
    store_url: Arc<RwLock<String>>,
}

impl Proxy {
    /// A proxy for the store at `store_url`.
    pub fn new(store_url: &str) -> Result<Self, reqwest::Error> {
        let client = plain_client()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            // What the store has compressed goes to the browser as it is.
            .no_gzip()
            // The address is given by the user: neither a proxy of the environment nor a redirect.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let proxy = Self { client, store_url: Arc::default() };
        proxy.set_store_url(store_url);
        Ok(proxy)
    }

    /// From now on the store is there.
    pub fn set_store_url(&self, store_url: &str) {
        store_url.trim_end_matches('/').clone_into(&mut self.store_url.write());
    }

    fn store_url(&self) -> String {
        self.store_url.read().clone()
    }

    fn unreachable(&self, error: &reqwest::Error) -> String {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
        format!("the store at {} does not answer{}", self.store_url(), cause.unwrap_or_default())
    }
}

/// Sends a request for `/api/v1/...` to the store and its answer back.
pub async fn forward(State(proxy): State<Proxy>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let Ok(body) = axum::body::to_bytes(body, REQUEST_LIMIT_BYTES).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the request is too long\n").into_response();
    };
    let mut request = proxy.client.request(parts.method, proxy.store_url() + target).body(body);
    for name in FORWARDED {
        if let Some(value) = parts.headers.get(&name) {
            request = request.header(name, value);
        }
    }
    match request.send().await {
        Ok(answer) => pass_on(answer),
        Err(error) => {
            let error = proxy.unreachable(&error);
            let answer = json!({"status": "error", "errorType": "unavailable", "error": error});
            (StatusCode::BAD_GATEWAY, Json(answer)).into_response()
        }
    }
}

fn pass_on(answer: reqwest::Response) -> Response {
    let status = answer.status();
    let value_of = |name: &HeaderName| answer.headers().get(name).cloned();
    let headers: HeaderMap = RETURNED
        .into_iter()
        .filter_map(|name| value_of(&name).map(|value| (name, value)))
        .collect();
    (status, headers, Body::from_stream(answer.bytes_stream())).into_response()
}

/// Whether page and store can serve: 200, or 503 with the reason.
pub async fn ready(State(proxy): State<Proxy>) -> Response {
    match proxy.client.get(format!("{}/-/ready", proxy.store_url())).send().await {
        Ok(answer) if answer.status().is_success() => "ready\n".into_response(),
        Ok(answer) => {
            let reason =
                format!("the store at {} answers {}\n", proxy.store_url(), answer.status());
            (StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
        }
        Err(error) => {
            (StatusCode::SERVICE_UNAVAILABLE, proxy.unreachable(&error) + "\n").into_response()
        }
    }
}
