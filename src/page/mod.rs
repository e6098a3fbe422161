//! The built-in page's server: static assets, the dashboards, and a proxy to the store.
//!
//! The page asks only its own origin, so that a strict Content-Security-Policy holds and any store
//! can stand behind it: the built-in one, a Prometheus, or a remote engine.

mod proxy;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use self::proxy::Proxy;
use crate::http::{Authorization, Service, StoreAccess, guard_credentials, serve};

/// Nothing from elsewhere, nothing inline; the page's own code, styles, images and requests.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// Whether it can serve, which it tells everybody: nothing of the data is in that.
const READY: &str = "/-/ready";

/// What the page's server needs to know.
#[derive(Clone, Debug)]
pub struct PageOptions {
    /// The built page: `index.html` and `assets/`.
    pub assets_directory: PathBuf,
    /// Dashboards as Grafana JSON.
    pub dashboards_directory: PathBuf,
    /// Where the store's HTTP API is, such as `http://127.0.0.1:9090`.
    pub store_url: String,
    /// How the store lets the page in.
    pub store_access: StoreAccess,
    /// What whoever looks has to send; `Nobody` for a page that all may see.
    pub viewers: Authorization,
    /// The store's scrape interval, which decides how fine a graph can be.
    pub scrape_interval_seconds: f64,
    /// The address to bind.
    pub host: String,
    /// The port to bind; 0 for any free one.
    pub port: u16,
}

/// A page that is served until it is stopped or dropped.
#[derive(Debug)]
pub struct Page {
    service: Service,
    proxy: Proxy,
}

impl Page {
    /// Binds the address, then serves on threads of its own.
    pub fn start(options: PageOptions) -> io::Result<Self> {
        let proxy = Proxy::new(&options.store_url, options.store_access.clone())
            .map_err(io::Error::other)?;
        let (host, port) = (options.host.clone(), options.port);
        let viewers = options.viewers.clone();
        let router = guard_credentials(router(options, proxy.clone()), viewers, &[READY]);
        let service =
            Service::start("mephisto-metrics-page", &host, port, 2, |listener, shutdown| {
                serve(listener, None, router, shutdown)
            })?;
        Ok(Self { service, proxy })
    }

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.service.address()
    }

    /// Hands queries on to `store_url` from now on: a store that was started again may have
    /// another port.
    pub fn set_store_url(&self, store_url: &str) {
        self.proxy.set_store_url(store_url);
    }

    /// Stops serving; a second call does nothing.
    pub fn stop(&self) {
        self.service.stop();
    }
}

fn router(options: PageOptions, proxy: Proxy) -> Router {
    let dashboards = ServeDir::new(&options.dashboards_directory);
    let assets = ServeDir::new(&options.assets_directory);
    // The build compresses them, which takes longer than all else until the page's code runs.
    let hashed_assets = ServeDir::new(options.assets_directory.join("assets")).precompressed_gzip();
    let hashed_assets =
        Router::new().fallback_service(hashed_assets).layer(map_response(keep_for_ever));
    let router = Router::new()
        .route("/dashboards", get(list_dashboards))
        .route("/config", get(config))
        .with_state(Arc::new(options))
        .merge(queries())
        .route(READY, get(proxy::ready))
        .with_state(proxy)
        .nest_service("/dashboards/", dashboards)
        .nest_service("/assets", hashed_assets)
        .fallback_service(assets)
        .layer(CompressionLayer::new());
    let fixed_headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    // Nothing else may be stale, least of all the page that names the assets.
    let router = router.layer(SetResponseHeaderLayer::if_not_present(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache"),
    ));
    fixed_headers.into_iter().fold(router, with_header)
}

/// Assets carry a hash of what is in them in their names, and come compressed or not.
async fn keep_for_ever(mut response: Response) -> Response {
    if response.status().is_success() {
        let value = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, value);
        let value = HeaderValue::from_static("accept-encoding");
        response.headers_mut().insert(header::VARY, value);
    }
    response
}

/// What a page may ask of a store: to read. A Prometheus has paths that change or end it.
fn queries() -> Router<Proxy> {
    let paths = [
        "query",
        "query_range",
        "series",
        "labels",
        "label/{name}/values",
        "metadata",
        "status/runtimeinfo",
    ];
    let queries = paths.into_iter().fold(Router::new(), |router, path| {
        router.route(&format!("/api/v1/{path}"), get(proxy::forward).post(proxy::forward))
    });
    ["rules", "alerts"]
        .into_iter()
        .fold(queries, |router, path| router.route(&format!("/api/v1/{path}"), get(proxy::forward)))
}

fn with_header(router: Router, (name, value): (HeaderName, &'static str)) -> Router {
    let value = HeaderValue::from_static(value);
    router.layer(SetResponseHeaderLayer::overriding(name, value))
}

#[derive(Serialize)]
struct DashboardEntry {
    uid: String,
    title: String,
    file: String,
}

async fn list_dashboards(State(options): State<Arc<PageOptions>>) -> Response {
    let directory = options.dashboards_directory.clone();
    match tokio::task::spawn_blocking(move || read_dashboards(&directory)).await {
        Ok(Ok(entries)) => Json(entries).into_response(),
        Ok(Err(error)) => server_error(&error.to_string()),
        Err(panic) => server_error(&panic.to_string()),
    }
}

fn server_error(reason: &str) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{reason}\n")).into_response()
}

/// The dashboards of a folder, in the order of their file names.
fn read_dashboards(directory: &Path) -> io::Result<Vec<DashboardEntry>> {
    let named = |path: &Path, error: &dyn std::fmt::Display| {
        io::Error::other(format!("can not read the dashboard {}: {error}", path.display()))
    };
    let listing = std::fs::read_dir(directory).map_err(|error| named(directory, &error))?;
    let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|error| named(&path, &error))?;
        let dashboard: Value = serde_json::from_str(&text).map_err(|error| named(&path, &error))?;
        let field = |name: &str| dashboard[name].as_str().unwrap_or_default().to_owned();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(DashboardEntry { uid: field("uid"), title: field("title"), file })
    };
    paths.into_iter().map(read).collect()
}

async fn config(State(options): State<Arc<PageOptions>>) -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "scrape_interval_seconds": options.scrape_interval_seconds,
    }))
}

#[cfg(test)]
mod tests {
    use axum::extract::RawQuery;
    use axum::http::HeaderMap;
    use tower_http::compression::predicate::SizeAbove;

    use super::*;
    use crate::http::Secret;

    /// A store that answers with the query that it was sent.
    fn echo_store() -> Service {
        let echo = async |RawQuery(query): RawQuery, body: String| {
            Json(json!({"query": query, "body": body}))
        };
        let refuse = async |headers: HeaderMap| {
            (StatusCode::BAD_REQUEST, format!("unknown: {:?}", headers["authorization"].to_str()))
        };
        let router = Router::new()
            .route("/api/v1/query", get(echo).post(echo))
            .route("/guarded/api/v1/query", get(refuse))
            .route("/api/v1/status/runtimeinfo", get(|| async { "since noon" }))
            .route("/api/v1/status/config", get(|| async { "secrets" }))
            .route("/-/quit", get(|| async { "quitting" }).post(|| async { "quitting" }))
            .route("/mimir/api/v1/query", get(async |headers: HeaderMap| format!("{headers:?}")))
            .layer(CompressionLayer::new().compress_when(SizeAbove::new(0)));
        Service::start("echo", "127.0.0.1", 0, 1, |listener, shutdown| {
            serve(listener, None, router, shutdown)
        })
        .unwrap()
    }

    fn page_over(store_url: String) -> (Page, tempfile::TempDir) {
        page_of(store_url, StoreAccess::default(), Authorization::Nobody)
    }

    fn page_of(
        store_url: String,
        store_access: StoreAccess,
        viewers: Authorization,
    ) -> (Page, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let (assets, dashboards) = (folder.path().join("web"), folder.path().join("dashboards"));
        std::fs::create_dir_all(assets.join("assets")).unwrap();
        std::fs::create_dir_all(&dashboards).unwrap();
        std::fs::write(assets.join("index.html"), "<!doctype html>the page").unwrap();
        std::fs::write(dashboards.join("m.json"), r#"{"uid": "m", "title": "Mephisto"}"#).unwrap();
        let page = Page::start(PageOptions {
            assets_directory: assets,
            dashboards_directory: dashboards,
            store_url,
            store_access,
            viewers,
            scrape_interval_seconds: 5.0,
            host: "127.0.0.1".into(),
            port: 0,
        });
        (page.unwrap(), folder)
    }

    async fn get_text(page: &Page, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}{path}", page.address())).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn the_page_its_dashboards_and_its_settings_are_served() {
        let (page, _folder) = page_over("http://127.0.0.1:9".into());
        assert_eq!(get_text(&page, "/").await, (200, "<!doctype html>the page".into()));
        let (_, list) = get_text(&page, "/dashboards").await;
        assert_eq!(list, r#"[{"uid":"m","title":"Mephisto","file":"m.json"}]"#);
        assert_eq!(get_text(&page, "/dashboards/m.json").await.0, 200);
        assert!(get_text(&page, "/config").await.1.contains("\"scrape_interval_seconds\":5.0"));
        assert_eq!(get_text(&page, "/dashboards/../web/index.html").await.0, 404);
        assert_eq!(get_text(&page, "/nothing").await.0, 404);
    }

    #[tokio::test]
    async fn every_answer_forbids_what_comes_from_elsewhere() {
        let (page, _folder) = page_over("http://127.0.0.1:9".into());
        for path in ["/", "/nothing", "/config", "/api/v1/query"] {
            let answer = reqwest::get(format!("http://{}{path}", page.address())).await.unwrap();
            assert_eq!(answer.headers()["content-security-policy"], CONTENT_SECURITY_POLICY);
        }
    }

    #[tokio::test]
    async fn assets_are_kept_by_the_browser_and_all_else_is_asked_for_again() {
        let (page, folder) = page_over("http://127.0.0.1:9".into());
        std::fs::write(folder.path().join("web/assets/index-abc.js"), "code").unwrap();
        for (path, cached) in [
            ("/assets/index-abc.js", "public, max-age=31536000, immutable"),
            ("/assets/gone.js", "no-cache"),
            ("/", "no-cache"),
            ("/dashboards/m.json", "no-cache"),
        ] {
            let answer = reqwest::get(format!("http://{}{path}", page.address())).await.unwrap();
            assert_eq!(answer.headers()["cache-control"], cached, "{path}");
        }
    }

    #[tokio::test]
    async fn assets_come_as_the_build_compressed_them_and_only_if_that_was_asked_for() {
        let (page, folder) = page_over("http://127.0.0.1:9".into());
        let assets = folder.path().join("web/assets");
        std::fs::write(assets.join("index-abc.js"), "code").unwrap();
        std::fs::write(assets.join("index-abc.js.gz"), "compressed").unwrap();
        let address = format!("http://{}/assets/index-abc.js", page.address());
        let client = reqwest::Client::builder().no_gzip().build().unwrap();
        let compressed = client.get(&address).header("accept-encoding", "gzip");
        let compressed = compressed.send().await.unwrap();
        assert_eq!(compressed.headers()["content-encoding"], "gzip");
        assert!(compressed.headers()["content-type"].to_str().unwrap().contains("javascript"));
        assert_eq!(compressed.headers()["vary"], "accept-encoding");
        assert_eq!(compressed.text().await.unwrap(), "compressed");
        let plain = client.get(&address).send().await.unwrap();
        assert_eq!(plain.headers().get("content-encoding"), None);
        assert_eq!(plain.text().await.unwrap(), "code");
    }

    #[tokio::test]
    async fn answers_come_as_the_store_compressed_them_and_only_if_that_was_asked_for() {
        let store = echo_store();
        let (page, _folder) = page_over(format!("http://{}", store.address()));
        let address = format!("http://{}/api/v1/query?query=up", page.address());
        let client = reqwest::Client::builder().no_gzip().build().unwrap();
        let compressed = client.get(&address).header("accept-encoding", "gzip");
        let compressed = compressed.send().await.unwrap();
        assert_eq!(compressed.headers()["content-encoding"], "gzip");
        let bytes = compressed.bytes().await.unwrap();
        assert_eq!(bytes[..2], [0x1f, 0x8b]);
        let plain = client.get(&address).send().await.unwrap();
        assert_eq!(plain.headers().get("content-encoding"), None);
        assert_eq!(plain.text().await.unwrap(), r#"{"body":"","query":"query=up"}"#);
    }

    #[tokio::test]
    async fn queries_reach_the_store_as_they_were_sent() {
        let store = echo_store();
        let (page, _folder) = page_over(format!("http://{}", store.address()));
        let (status, text) = get_text(&page, "/api/v1/query?query=up%7Ba%3D%22%2B%22%7D").await;
        assert_eq!(
            (status, text.as_str()),
            (200, r#"{"body":"","query":"query=up%7Ba%3D%22%2B%22%7D"}"#)
        );
        assert_eq!(get_text(&page, "/-/ready").await.0, 200);
        let (_, since) = get_text(&page, "/api/v1/status/runtimeinfo").await;
        assert_eq!(since, "since noon");
    }

    #[tokio::test]
    async fn nothing_but_reading_reaches_the_store() {
        let store = echo_store();
        let (page, _folder) = page_over(format!("http://{}", store.address()));
        for path in [
            "/api/v1/../../-/quit",
            "/api/v1/%2e%2e/%2e%2e/-/quit",
            "/api/v1/admin/tsdb/delete_series",
            "/api/v1/status/config",
            "/-/quit",
        ] {
            assert_eq!(get_text(&page, path).await.0, 404, "{path}");
        }
    }

    #[tokio::test]
    async fn a_store_that_is_gone_is_named_in_an_answer_of_prometheus_s_shape() {
        let (page, _folder) = page_over("http://127.0.0.1:9".into());
        let (status, text) = get_text(&page, "/api/v1/query?query=up").await;
        assert_eq!(status, 502);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["status"], "error");
        assert!(answer["error"].as_str().unwrap().contains("http://127.0.0.1:9"), "{text}");
        assert_eq!(get_text(&page, "/-/ready").await.0, 503);
    }

    #[tokio::test]
    async fn the_page_follows_a_store_that_was_started_again_elsewhere() {
        let (page, _folder) = page_over("http://127.0.0.1:9".into());
        let store = echo_store();
        page.set_store_url(&format!("http://{}/", store.address()));
        assert_eq!(get_text(&page, "/-/ready").await, (200, "ready\n".into()));
    }

    #[tokio::test]
    async fn a_request_under_a_strangers_name_is_refused() {
        let (page, _folder) = page_over("http://127.0.0.1:9".into());
        let request = reqwest::Client::new().get(format!("http://{}/config", page.address()));
        assert_eq!(request.header("host", "evil.example").send().await.unwrap().status(), 403);
    }

    #[tokio::test]
    async fn a_store_with_a_path_gets_its_credentials_and_none_of_the_viewers() {
        let store = echo_store();
        let access = StoreAccess {
            authorization: Authorization::Bearer(Secret::Text("of the store".into())),
            tenant: Some("team".into()),
            authorities: None,
        };
        let password = Secret::Text("of the viewer".into());
        let viewers = Authorization::Basic { user: "admin".into(), password };
        let url = format!("http://{}/mimir/", store.address());
        let (page, _folder) = page_of(url, access, viewers.clone());
        let url = format!("http://{}/api/v1/query?query=up", page.address());
        let request = viewers.add_to(reqwest::Client::new().get(url)).await.unwrap();
        let sent = request.send().await.unwrap().text().await.unwrap();
        assert!(sent.contains(r#""authorization": "Bearer of the store""#), "{sent}");
        assert!(sent.contains(r#""x-scope-orgid": "team""#) && !sent.contains("Basic"), "{sent}");
    }

    #[tokio::test]
    async fn a_secret_that_a_store_repeats_is_not_shown() {
        let store = echo_store();
        let authorization = Authorization::Bearer(Secret::Text("s3cr3t".into()));
        let access = StoreAccess { authorization, ..StoreAccess::default() };
        let url = format!("http://{}/guarded", store.address());
        let (page, _folder) = page_of(url, access, Authorization::Nobody);
        let (status, said) = get_text(&page, "/api/v1/query?query=up").await;
        assert_eq!((status, said.as_str()), (400, "unknown: Ok(\"Bearer <hidden>\")"));
    }

    #[tokio::test]
    async fn a_page_with_a_password_shows_a_stranger_only_whether_it_is_ready() {
        let store = echo_store();
        let password = Secret::Text("secret".into());
        let viewers = Authorization::Basic { user: "admin".into(), password };
        let url = format!("http://{}", store.address());
        let (page, _folder) = page_of(url, StoreAccess::default(), viewers);
        for path in ["/", "/config", "/dashboards", "/dashboards/m.json", "/api/v1/query?query=1"] {
            assert_eq!(get_text(&page, path).await.0, 401, "{path}");
        }
        assert_eq!(get_text(&page, "/-/ready").await, (200, "ready\n".into()));
    }
}
