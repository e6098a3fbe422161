//! Hands the page's queries on to the store.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, ACCEPT_ENCODING};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use parking_lot::RwLock;
use reqwest::{RequestBuilder, Url};
use serde_json::json;

use crate::http::{StoreAccess, beginning, chain};

/// Queries are short; whatever is longer is not from the page.
const REQUEST_LIMIT_BYTES: usize = 1024 * 1024;
/// What of a request's and of an answer's head the other side has to know.
const FORWARDED: [HeaderName; 2] = [header::CONTENT_TYPE, ACCEPT_ENCODING];
const RETURNED: [HeaderName; 3] = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::VARY];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than a store takes to give up by itself, and to say why.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(130);

/// Whether a store can answer queries, of which all engines have the same path.
const PROBE: &str = "/api/v1/query?query=1";

/// A client of the store.
#[derive(Clone, Debug)]
pub struct Proxy {
    client: reqwest::Client,
    access: Arc<StoreAccess>,
    store_url: Arc<RwLock<String>>,
    /// Whether what the store says of a failure is read for a secret of ours.
    is_read: bool,
}

impl Proxy {
    /// A proxy for the store at `store_url`.
    pub fn new(store_url: &str, access: StoreAccess) -> Result<Self, String> {
        access.check()?;
        let url = Url::parse(store_url).map_err(|error| format!("{store_url}: {error}"))?;
        let client = access.client(&url)?.connect_timeout(CONNECT_TIMEOUT).timeout(ANSWER_TIMEOUT);
        let is_read = access.has_secret();
        // Else what the store has compressed goes to the browser as it is.
        let client = if is_read { client } else { client.no_gzip() };
        let client = client.build().map_err(|error| error.to_string())?;
        let proxy = Self { client, access: Arc::new(access), store_url: Arc::default(), is_read };
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

    /// Sends a request with what lets it in; the error says why there is no answer.
    async fn send(&self, request: RequestBuilder) -> Result<reqwest::Response, String> {
        let request = self.access.add_to(request).await?;
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &reqwest::Error) -> String {
        let cause = error.source().map(|cause| format!(": {}", chain(cause)));
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
    for name in FORWARDED.into_iter().filter(|name| !proxy.is_read || name != ACCEPT_ENCODING) {
        if let Some(value) = parts.headers.get(&name) {
            request = request.header(name, value);
        }
    }
    match proxy.send(request).await {
        Ok(answer) if proxy.is_read && !answer.status().is_success() => {
            pass_on_failure(&proxy, answer).await
        }
        Ok(answer) => pass_on(answer),
        Err(error) => {
            let answer = json!({"status": "error", "errorType": "unavailable", "error": error});
            (StatusCode::BAD_GATEWAY, Json(answer)).into_response()
        }
    }
}

fn pass_on(answer: reqwest::Response) -> Response {
    let (status, headers) = (answer.status(), returned(&answer));
    (status, headers, Body::from_stream(answer.bytes_stream())).into_response()
}

/// Who looks at the page need not know the store's secret, which a proxy before it may repeat.
async fn pass_on_failure(proxy: &Proxy, answer: reqwest::Response) -> Response {
    let (status, headers) = (answer.status(), returned(&answer));
    let said = proxy.access.authorization.hide_in(&beginning(answer).await).await;
    (status, headers, said).into_response()
}

fn returned(answer: &reqwest::Response) -> HeaderMap {
    let value_of = |name: &HeaderName| answer.headers().get(name).cloned();
    RETURNED.into_iter().filter_map(|name| value_of(&name).map(|value| (name, value))).collect()
}

/// Whether page and store can serve: 200, or 503 with the reason.
pub async fn ready(State(proxy): State<Proxy>) -> Response {
    match proxy.send(proxy.client.get(proxy.store_url() + PROBE)).await {
        Ok(answer) if answer.status().is_success() => "ready\n".into_response(),
        Ok(answer) => {
            let reason =
                format!("the store at {} answers {}\n", proxy.store_url(), answer.status());
            (StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error + "\n").into_response(),
    }
}
