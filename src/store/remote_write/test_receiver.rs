//! A receiver that answers as a test tells it, and reads what it takes with prost and snap.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use parking_lot::Mutex;
use prost::Message;
use tokio::task::JoinHandle;

/// A sample with its series' labels, in the order of the message.
pub type Written = (Vec<(String, String)>, i64, u64);

/// What a test answers a request with.
type Behaviour = Box<dyn FnMut(&[Written]) -> Response + Send>;

#[derive(Clone, Message, PartialEq)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, Message, PartialEq)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, Message, PartialEq)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, Copy, Message, PartialEq)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

/// What is in a body.
pub fn unpacked(body: &[u8]) -> Vec<Written> {
    let message = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    let mut written = Vec::new();
    for series in WriteRequest::decode(message.as_slice()).unwrap().timeseries {
        let labels: Vec<_> =
            series.labels.into_iter().map(|label| (label.name, label.value)).collect();
        for sample in series.samples {
            written.push((labels.clone(), sample.timestamp, sample.value.to_bits()));
        }
    }
    written
}

/// A server at `url`, until it is dropped.
pub struct TestReceiver {
    pub url: String,
    shared: Arc<Mutex<Shared>>,
    server: JoinHandle<()>,
}

struct Shared {
    behaviour: Behaviour,
    taken: Vec<Vec<Written>>,
    headers: HeaderMap,
    requests: usize,
}

impl TestReceiver {
    pub async fn start(behaviour: impl FnMut(&[Written]) -> Response + Send + 'static) -> Self {
        Self::start_at("127.0.0.1:0", behaviour).await
    }

    pub async fn start_at(
        address: &str,
        behaviour: impl FnMut(&[Written]) -> Response + Send + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}/api/v1/write", listener.local_addr().unwrap());
        let (taken, headers) = (Vec::new(), HeaderMap::new());
        let shared = Shared { behaviour: Box::new(behaviour), taken, headers, requests: 0 };
        let shared = Arc::new(Mutex::new(shared));
        let router =
            Router::new().route("/api/v1/write", post(take)).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, server }
    }

    pub async fn that_takes_all() -> Self {
        Self::start(|_| ().into_response()).await
    }

    /// The samples of each request that was taken, in the order of their arrival.
    pub fn requests(&self) -> Vec<Vec<Written>> {
        self.shared.lock().taken.clone()
    }

    /// All samples that were taken.
    pub fn taken(&self) -> Vec<Written> {
        self.requests().concat()
    }

    /// How many requests came, those that failed included.
    pub fn request_count(&self) -> usize {
        self.shared.lock().requests
    }

    /// The last request's header of that name.
    pub fn header(&self, name: &str) -> String {
        let shared = self.shared.lock();
        shared.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
    }

    pub async fn wait_for(&self, count: usize) -> Vec<Written> {
        eventually(|| self.taken().len() >= count).await;
        self.taken()
    }
}

impl Drop for TestReceiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(
    State(shared): State<Arc<Mutex<Shared>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut shared = shared.lock();
    let written = unpacked(&body);
    shared.headers = headers;
    shared.requests += 1;
    let answer = (shared.behaviour)(&written);
    if answer.status().is_success() {
        shared.taken.push(written);
    }
    answer
}

pub async fn eventually(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "it did not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
