//! The exposition server: the metrics of one process, served without its interpreter.
//!
//! Native families are encoded on the server's own thread. What only Python can give comes as a
//! [`Source`], is asked with a time limit, and spoils only itself when it fails.

mod contents;
mod gateway;
mod scrape;
mod scrapes;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

pub use contents::{Contents, OneAtATime, Part, Source};
pub use gateway::{PushError, send as send_to_gateway};
pub use scrapes::next_scrape;

use scrapes::Scrape;

use crate::encoding::negotiate;
use crate::http::{Authorization, Secret, Service, Tls, guard_credentials, serve};

/// What browsers ask for besides; it is empty.
const ICON: &str = "/favicon.ico";

/// Serves `contents` on `host:port` (port 0: any free one) until the service is stopped; with a
/// `token` only to who sends it.
pub fn start(
    host: &str,
    port: u16,
    contents: Arc<dyn Contents>,
    tls: Option<Tls>,
    token: Option<Secret>,
) -> io::Result<Service> {
    let name = "mephisto-metrics-exposition";
    let authorization = token.map_or(Authorization::Nobody, Authorization::Bearer);
    let router = guard_credentials(router(contents), authorization, &[]);
    Service::start(name, host, port, 1, |listener, shutdown| serve(listener, tls, router, shutdown))
}

/// As in `prometheus_client`, every path answers with the metrics.
fn router(contents: Arc<dyn Contents>) -> Router {
    // A scrape waits for each byte, and loopback is faster than any compression.
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest);
    Router::new()
        .fallback(move |request: Request| answer(contents.clone(), request))
        .layer(compression)
        // Outside of the compression, since only what is sent is taken.
        .layer(from_fn(watch_scrape))
}

async fn watch_scrape(request: Request, next: Next) -> Response {
    let is_choice = request.uri().query().and_then(chosen_names).is_some();
    let is_scrape = request.method() == Method::GET && request.uri().path() != ICON && !is_choice;
    let scrape = is_scrape.then(Scrape::begin);
    let response = next.run(request).await;
    match scrape {
        Some(scrape) => response.map(|body| scrape.ended_by(body)),
        None => response,
    }
}

async fn answer(contents: Arc<dyn Contents>, request: Request) -> Response {
    let allow = [(header::ALLOW, "OPTIONS,GET")];
    let (request, _) = request.into_parts();
    match (&request.method, request.uri.path()) {
        (&Method::OPTIONS, _) => allow.into_response(),
        (&Method::GET, ICON) => StatusCode::OK.into_response(),
        (&Method::GET, _) => metrics(contents.as_ref(), &request).await,
        (method, _) => {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let text = format!("# HTTP {status}: {method}; use OPTIONS or GET\n");
            (status, allow, text).into_response()
        }
    }
}

async fn metrics(contents: &dyn Contents, request: &Parts) -> Response {
    let format = negotiate(&accepted(&request.headers));
    let content_type = format.content_type();
    let names = chosen_names(request.uri.query().unwrap_or_default());
    let body = scrape::scrape(contents, format, names).await;
    ([(header::CONTENT_TYPE, content_type)], Bytes::from_owner(body)).into_response()
}

/// All Accept headers as if they were one.
fn accepted(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

/// The names that `name[]=...` asks for; none where nothing is chosen.
fn chosen_names(query: &str) -> Option<HashSet<String>> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    // An empty value chooses nothing, as in `urllib.parse.parse_qs`.
    let names: HashSet<String> = pairs
        .filter(|(key, value)| key == "name[]" && !value.is_empty())
        .map(|(_, value)| value.into_owned())
        .collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::plain_client;
    use crate::metrics::{Counter, Description, Family, Gauge, MetricKind, Value};

    struct Native(Vec<Part>);

    impl Contents for Native {
        fn parts(&self) -> Vec<Part> {
            self.0.clone()
        }
    }

    fn native<V: Value<Options = ()>>(name: &str, kind: MetricKind) -> Part {
        let description = Description {
            name: name.into(),
            documentation: "Help".into(),
            unit: String::new(),
            kind,
            label_names: vec![],
        };
        Part::Native(Family::<V>::new(description, ()))
    }

    fn contents() -> Arc<dyn Contents> {
        let gauge = native::<Gauge>("g", MetricKind::Gauge);
        Arc::new(Native(vec![gauge, native::<Counter>("c", MetricKind::Counter)]))
    }

    /// Runs requests against a server that is stopped behind them.
    async fn served(requests: impl AsyncFnOnce(&reqwest::Client, &str)) {
        let service = start("127.0.0.1", 0, contents(), None, None).unwrap();
        let base = format!("http://{}", service.address());
        let client = plain_client().build().unwrap();
        requests(&client, &base).await;
        tokio::task::spawn_blocking(move || service.stop()).await.unwrap();
        assert!(client.get(&base).send().await.is_err());
    }

    #[tokio::test]
    async fn every_path_answers_with_the_metrics_in_the_format_that_was_asked_for() {
        served(async |client, base| {
            for path in ["/metrics", "/", "/other"] {
                let answer = client.get(format!("{base}{path}")).send().await.unwrap();
                let expected = "text/plain; version=0.0.4; charset=utf-8";
                assert_eq!(answer.headers()["content-type"], expected);
                assert!(answer.text().await.unwrap().contains("\ng 0.0\n"));
            }
            let request = client.get(base).header("accept", "application/openmetrics-text");
            let answer = request.send().await.unwrap();
            let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            assert_eq!(answer.headers()["content-type"], expected);
            assert!(answer.text().await.unwrap().ends_with("\n# EOF\n"));
        })
        .await;
    }

    #[tokio::test]
    async fn names_in_the_query_choose_samples() {
        served(async |client, base| {
            let url = format!("{base}/metrics?name[]=c_total&name[]=none");
            let text = client.get(url).send().await.unwrap().text().await.unwrap();
            assert_eq!(text, "# HELP c_total Help\n# TYPE c_total counter\nc_total 0.0\n");
        })
        .await;
    }

    #[tokio::test]
    async fn only_reading_is_allowed() {
        served(async |client, base| {
            let options = client.request(Method::OPTIONS, base).send().await.unwrap();
            assert_eq!(
                (options.status().as_u16(), &options.headers()["allow"]),
                (200, &"OPTIONS,GET".parse().unwrap())
            );
            let post = client.post(base).send().await.unwrap();
            assert_eq!(post.status(), 405);
            assert_eq!(post.headers()["allow"], "OPTIONS,GET");
            let text = post.text().await.unwrap();
            assert_eq!(text, "# HTTP 405 Method Not Allowed: POST; use OPTIONS or GET\n");
            let icon = client.get(format!("{base}/favicon.ico")).send().await.unwrap();
            assert_eq!(icon.text().await.unwrap(), "");
        })
        .await;
    }

    #[tokio::test]
    async fn a_second_server_on_the_same_port_is_refused_at_once() {
        let first = start("127.0.0.1", 0, contents(), None, None).unwrap();
        let second = start("127.0.0.1", first.address().port(), contents(), None, None);
        assert_eq!(second.err().unwrap().kind(), io::ErrorKind::AddrInUse);
    }
}
