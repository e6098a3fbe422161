//! A store in a temporary place, targets for it, and a client.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use mephisto_metrics::http::plain_client;
use mephisto_metrics::store::{Store, StoreOptions};
use parking_lot::Mutex;
use serde_json::Value;
use tower_http::compression::CompressionLayer;

/// Whatever has not happened by then will not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Short enough for many scrapes in a test, long enough for a busy machine to answer within; a
/// scrape may fail all the same, so what tests wait for may be a scrape later.
pub const SCRAPE_INTERVAL: Duration = Duration::from_millis(300);

/// A temporary data directory and targets folder.
pub struct Places(tempfile::TempDir);

impl Places {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a target file as Operators do: beside, then renamed.
    pub fn announce(&self, id: &str, content: &str) {
        let folder = self.path().join("targets");
        std::fs::create_dir_all(&folder).unwrap();
        let beside = folder.join(format!(".{id}.tmp"));
        std::fs::write(&beside, content).unwrap();
        std::fs::rename(beside, folder.join(format!("{id}.json"))).unwrap();
    }

    pub fn announce_target(&self, id: &str, address: SocketAddr) {
        let labels = format!(r#"{{"job": "mephisto", "operator": "{id}"}}"#);
        self.announce(id, &format!(r#"[{{"targets": ["{address}"], "labels": {labels}}}]"#));
    }

    pub fn withdraw(&self, id: &str) {
        std::fs::remove_file(self.path().join("targets").join(format!("{id}.json"))).unwrap();
    }

    pub fn start(&self) -> Store {
        Store::start(options(self.path())).unwrap()
    }
}

/// A store's options for those places.
pub fn options(places: &Path) -> StoreOptions {
    StoreOptions {
        port: 0,
        scrape_interval: SCRAPE_INTERVAL,
        ..StoreOptions::new(places.join("data"), places.join("targets"))
    }
}

/// A server whose `/metrics` answers what it is told to, compressed if asked.
pub struct TestTarget {
    pub address: SocketAddr,
    text: Arc<Mutex<String>>,
}

impl TestTarget {
    pub async fn start(text: &str) -> Self {
        let text = Arc::new(Mutex::new(text.to_owned()));
        let answer = Arc::clone(&text);
        let metrics = get(move || {
            let text = answer.lock().clone();
            async { text }
        });
        let router = Router::new().route("/metrics", metrics).layer(CompressionLayer::new());
        Self { address: serve(router).await, text }
    }

    pub fn set(&self, text: &str) {
        text.clone_into(&mut self.text.lock());
    }
}

/// A server that takes every request and answers none.
pub async fn hanging_target() -> SocketAddr {
    serve(Router::new().fallback(std::future::pending::<()>)).await
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    address
}

/// Asks a store's API.
pub struct Client(SocketAddr);

impl Client {
    pub fn of(store: &Store) -> Self {
        Self(store.address())
    }

    pub fn at(address: SocketAddr) -> Self {
        Self(address)
    }

    /// The status and the text of an answer.
    pub async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let url = format!("http://{}{path}?{query}", self.0);
        let response = plain_client().build().unwrap().get(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The `data` of a successful answer.
    pub async fn data(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let (status, text) = self.get(path, parameters).await;
        assert_eq!(status, 200, "{text}");
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["status"], "success");
        answer["data"].take()
    }

    /// The `result` of an instant query.
    pub async fn query(&self, expression: &str) -> Vec<Value> {
        let mut data = self.data("/api/v1/query", &[("query", expression)]).await;
        serde_json::from_value(data["result"].take()).unwrap()
    }

    /// The values of an instant query, once there are `count` of them.
    pub async fn values(&self, expression: &str, count: usize) -> Vec<String> {
        eventually(&format!("{count} series of {expression}"), async || {
            let result = self.query(expression).await;
            let value = |series: &Value| series["value"][1].as_str().unwrap().to_owned();
            (result.len() == count).then(|| result.iter().map(value).collect())
        })
        .await
    }

    /// Waits until the expression has exactly this one value.
    pub async fn until(&self, expression: &str, value: &str) {
        eventually(&format!("{expression} = {value}"), async || {
            let result = self.query(expression).await;
            (result.len() == 1 && result[0]["value"][1] == value).then_some(())
        })
        .await;
    }
}

/// Asks until there is an answer.
pub async fn eventually<T, Asking: Future<Output = Option<T>>>(
    what: &str,
    ask: impl Fn() -> Asking,
) -> T {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come within {PATIENCE:?}");
}
