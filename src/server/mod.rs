//! The exposition server: `/metrics` of one process, served without its interpreter.
//!
//! Native families are encoded on the server's own thread. What only Python can give comes as a
//! [`Source`], is asked with a time limit, and spoils only itself when it fails.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;

use crate::encoding::{CONTENT_TYPE, encode};
use crate::http::{Service, serve};
use crate::metrics::Registry;

/// How long a scrape waits for one source: well under a scrape's own time-out.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(2);

/// Text of the exposition format that is made elsewhere, such as by a Python registry.
pub trait Source: Send + Sync {
    /// What to call it when it fails.
    fn name(&self) -> &str;
    /// Complete families in text format 0.0.4, or why there are none. May block.
    fn gather(&self) -> Result<String, String>;
}

/// What one server shows.
#[derive(Clone, Default)]
pub struct Exposition {
    /// The native families.
    pub registry: Arc<Registry>,
    /// What comes behind them.
    sources: Arc<parking_lot::RwLock<Vec<Arc<dyn Source>>>>,
}

impl Exposition {
    /// Shows `source` behind the native families, once at a time.
    pub fn add_source(&self, source: impl Source + 'static) {
        self.sources.write().push(Arc::new(OneAtATime { source, is_busy: AtomicBool::new(false) }));
    }
}

/// A source that is not asked again while it still works on an earlier scrape: one that hangs
/// would otherwise hold one more thread after each.
struct OneAtATime<S> {
    source: S,
    is_busy: AtomicBool,
}

impl<S: Source> Source for OneAtATime<S> {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn gather(&self) -> Result<String, String> {
        if self.is_busy.swap(true, Ordering::Acquire) {
            return Err("it is still busy with an earlier scrape".to_owned());
        }
        let result = self.source.gather();
        self.is_busy.store(false, Ordering::Release);
        result
    }
}

/// Serves `exposition` on `host:port` (port 0: any free one) until the service is stopped.
pub fn start(host: &str, port: u16, exposition: Exposition) -> io::Result<Service> {
    Service::start("mephisto-metrics-exposition", host, port, 1, |listener, shutdown| {
        serve(listener, router(exposition), shutdown)
    })
}

fn router(exposition: Exposition) -> Router {
    Router::new()
        .route("/metrics", get(move || metrics(exposition.clone())))
        .fallback(|| async { (StatusCode::NOT_FOUND, "Not found: metrics are at /metrics\n") })
        .layer(CompressionLayer::new())
}

async fn metrics(exposition: Exposition) -> Response {
    let mut text = encode(&exposition.registry.families());
    let sources = exposition.sources.read().clone();
    for source in sources {
        text.push_str(&gather(source, SOURCE_TIMEOUT).await);
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

/// A source's text, or a comment that says why it is missing.
async fn gather(source: Arc<dyn Source>, limit: Duration) -> String {
    let name = source.name().to_owned();
    let work = tokio::task::spawn_blocking(move || source.gather());
    let failure = match tokio::time::timeout(limit, work).await {
        Ok(Ok(Ok(text))) => return text,
        Ok(Ok(Err(failure))) => failure,
        Ok(Err(panic)) => panic.to_string(),
        Err(_) => format!("no answer within {} s", limit.as_secs_f64()),
    };
    // One line, whatever the text of the failure: a line break would start a sample.
    format!("# {name} could not be read: {}\n", failure.replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Family, Gauge};

    struct Text(Result<String, String>);

    impl Source for Text {
        fn name(&self) -> &'static str {
            "a source"
        }

        fn gather(&self) -> Result<String, String> {
            self.0.clone()
        }
    }

    /// Blocks until the other end of the channel is dropped.
    struct Hangs(parking_lot::Mutex<std::sync::mpsc::Receiver<()>>);

    impl Source for Hangs {
        fn name(&self) -> &'static str {
            "a hanging source"
        }

        fn gather(&self) -> Result<String, String> {
            let _ = self.0.lock().recv();
            Ok("late 1\n".into())
        }
    }

    fn exposition(sources: Vec<Text>) -> Exposition {
        let registry = Registry::default();
        let gauge = Family::<Gauge>::new("g".into(), "G".into(), vec![], ()).unwrap();
        registry.register(Arc::new(gauge)).unwrap();
        let exposition = Exposition { registry: Arc::new(registry), ..Exposition::default() };
        for source in sources {
            exposition.add_source(source);
        }
        exposition
    }

    async fn body_of(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_failing_source_spoils_only_itself() {
        let failing = Text(Err("two\nlines".into()));
        let good = Text(Ok("other 1\n".into()));
        let text = body_of(metrics(exposition(vec![failing, good])).await).await;
        assert!(text.contains("\ng 0.0\n"), "{text}");
        assert!(text.ends_with("# a source could not be read: two lines\nother 1\n"), "{text}");
    }

    #[tokio::test]
    async fn a_hanging_source_is_left_behind() {
        let (release, released) = std::sync::mpsc::channel();
        let source = Arc::new(Hangs(parking_lot::Mutex::new(released)));
        let text = gather(source, Duration::from_millis(20)).await;
        assert_eq!(text, "# a hanging source could not be read: no answer within 0.02 s\n");
        drop(release);
    }

    #[tokio::test]
    async fn a_source_that_hangs_is_not_asked_a_second_time() {
        let (release, released) = std::sync::mpsc::channel();
        let exposition = Exposition::default();
        exposition.add_source(Hangs(parking_lot::Mutex::new(released)));
        let source = Arc::clone(&exposition.sources.read()[0]);
        gather(Arc::clone(&source), Duration::from_millis(20)).await;
        let text = gather(source, Duration::from_secs(10)).await;
        assert!(text.ends_with("it is still busy with an earlier scrape\n"), "{text}");
        drop(release);
    }

    #[tokio::test]
    async fn only_metrics_is_served_and_only_for_reading() {
        let service = start("127.0.0.1", 0, exposition(vec![])).unwrap();
        let base = format!("http://{}", service.address());
        let client = reqwest::Client::new();
        let status =
            async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
        assert_eq!(status(client.get(format!("{base}/metrics"))).await, 200);
        assert_eq!(status(client.post(format!("{base}/metrics"))).await, 405);
        assert_eq!(status(client.get(format!("{base}/"))).await, 404);
        let answer = client.get(format!("{base}/metrics")).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], CONTENT_TYPE);
        tokio::task::spawn_blocking(move || service.stop()).await.unwrap();
        assert!(client.get(format!("{base}/metrics")).send().await.is_err());
    }

    #[tokio::test]
    async fn a_second_server_on_the_same_port_is_refused_at_once() {
        let first = start("127.0.0.1", 0, exposition(vec![])).unwrap();
        let second = start("127.0.0.1", first.address().port(), exposition(vec![]));
        assert_eq!(second.err().unwrap().kind(), io::ErrorKind::AddrInUse);
    }
}
