//! Storage, queue and sender together, over HTTP.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::IntoResponse;
use prometheus::{Encoder, Registry, TextEncoder};
use tokio::task::JoinHandle;

use super::receiver::Answer;
use super::test_receiver::{TestReceiver, Written, eventually};
use super::*;
use crate::http::{Authorization, Secret, Service, Shutdown};
use crate::model::{Labels, STALE_MARKER};
use crate::store::scrape::now_ms;
use crate::store::storage::Storage;
use crate::store::test_log::logged;

/// A storage whose samples are sent, until `stop`.
struct Sending {
    storage: Arc<Storage>,
    registry: Registry,
    counters: RemoteWriteCounters,
    service: Service,
    ended: JoinHandle<()>,
}

impl Sending {
    fn start(directory: &Path, options: RemoteWriteOptions) -> Self {
        let queue = Some(options.queue());
        let storage = Arc::new(Storage::open_with_queue(directory, queue).unwrap());
        let registry = Registry::new();
        let counters = RemoteWriteCounters::new(&registry).unwrap();
        let receiver = Receiver::new(options).unwrap();
        let sender = Sender::new(Arc::clone(&storage), receiver, counters.clone());
        let (service, shutdown) = service();
        let ended = tokio::spawn(sender.run(shutdown));
        Self { storage, registry, counters, service, ended }
    }

    fn append(&self, timestamp_ms: i64, count: usize) -> Vec<Written> {
        let samples = samples(timestamp_ms, count);
        assert_eq!(self.storage.append(timestamp_ms, &samples).unwrap().stored, count);
        samples.iter().map(|(labels, value)| written(timestamp_ms, labels, *value)).collect()
    }

    fn metric(&self, name: &str) -> f64 {
        self.counters.observe(self.storage.queue_state(), now_ms());
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let name = format!("mephisto_store_remote_write_{name} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        line.unwrap().parse().unwrap()
    }

    async fn stop(self) {
        self.service.ask_to_stop();
        self.ended.await.unwrap();
    }
}

/// Something that can be asked to end.
fn service() -> (Service, Shutdown) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let service = Service::start("test", "127.0.0.1", 0, 1, async move |_, shutdown: Shutdown| {
        sender.send(shutdown.clone()).unwrap();
        shutdown.requested().await;
    });
    (service.unwrap(), receiver.recv().unwrap())
}

fn samples(timestamp_ms: i64, count: usize) -> Vec<(Labels, f64)> {
    let labels = |n| Labels::from_iter([("__name__", "agents".to_owned()), ("n", format!("{n}"))]);
    (0..count).map(|n| (labels(n), (timestamp_ms * 10) as f64 + n as f64)).collect()
}

fn written(timestamp_ms: i64, labels: &Labels, value: f64) -> Written {
    let pairs = labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    (pairs.collect(), timestamp_ms, value.to_bits())
}

fn options(receiver: &TestReceiver) -> RemoteWriteOptions {
    RemoteWriteOptions::new(&receiver.url).unwrap()
}

/// Fails so often, then takes all.
async fn failing(times: usize, status: StatusCode) -> TestReceiver {
    let mut left = times;
    TestReceiver::start(move |_| {
        if left == 0 {
            return ().into_response();
        }
        left -= 1;
        (status, "try\nagain").into_response()
    })
    .await
}

#[tokio::test]
async fn what_is_kept_is_sent_once_in_its_order_and_then_waits_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let receiver = TestReceiver::that_takes_all().await;
    let sending = Sending::start(directory.path(), options(&receiver));
    let mut expected = sending.append(1, 3);
    expected.extend(sending.append(2, 2));
    let labels = samples(0, 1).remove(0).0;
    sending.storage.append(3, &[(labels.clone(), STALE_MARKER)]).unwrap();
    // Left out by the storage, so not sent either.
    sending.storage.append(3, &[(labels.clone(), 1.0)]).unwrap();
    expected.push(written(3, &labels, STALE_MARKER));
    assert_eq!(receiver.wait_for(6).await, expected);
    eventually(|| sending.storage.queue_state().rows == 0).await;
    assert_eq!(receiver.header("content-encoding"), "snappy");
    assert_eq!(receiver.header("content-type"), "application/x-protobuf");
    assert_eq!(receiver.header("x-prometheus-remote-write-version"), "0.1.0");
    assert!(receiver.header("user-agent").starts_with("mephisto-metrics-store/"));
    assert_eq!((receiver.header("authorization"), receiver.header("x-scope-orgid")).0, "");
    assert!((sending.metric("samples_sent_total") - 6.0).abs() < 1e-9);
    assert!(sending.metric("last_success_time_seconds") > 1e9);
    assert!(sending.metric("seconds_behind") < 1e-9);
    sending.stop().await;
}

#[tokio::test]
async fn what_came_while_the_receiver_was_away_goes_together_when_it_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let receiver = failing(3, StatusCode::SERVICE_UNAVAILABLE).await;
    let sending = Sending::start(directory.path(), options(&receiver));
    let expected: Vec<_> = (1..=40).flat_map(|time_ms| sending.append(time_ms, 1_000)).collect();
    assert_eq!(receiver.wait_for(40_000).await, expected);
    let sizes: Vec<_> = receiver.requests().iter().map(Vec::len).collect();
    assert!(sizes.iter().all(|&size| size <= 10_000), "{sizes:?}");
    assert!(sizes.len() <= 6, "{sizes:?}");
    assert!((sending.metric("retries_total") - 3.0).abs() < 1e-9);
    sending.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_by_what_the_sender_or_its_user_can_mend() {
    // 400 is what VictoriaMetrics answers where the path is wrong.
    for status in [400, 401, 403, 404, 408, 410, 415, 429, 500, 502, 503, 302] {
        let directory = tempfile::tempdir().unwrap();
        let receiver = failing(2, StatusCode::from_u16(status).unwrap()).await;
        let sending = Sending::start(directory.path(), options(&receiver));
        let expected = sending.append(1, 5);
        assert_eq!(receiver.wait_for(5).await, expected, "{status}");
        assert_eq!(receiver.request_count(), 3, "{status}");
        sending.stop().await;
    }
}

#[tokio::test]
async fn of_a_refused_request_only_the_block_with_the_reason_is_let_go_be_it_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let receiver = TestReceiver::start(|written| {
        let is_bad = written.iter().any(|(_, time_ms, _)| *time_ms == 1);
        if is_bad { StatusCode::BAD_REQUEST } else { StatusCode::NO_CONTENT }.into_response()
    })
    .await;
    // All wait before the first is sent.
    let storage = Storage::open_with_queue(directory.path(), Some(options(&receiver).queue()));
    for time_ms in 1..=4 {
        storage.as_ref().unwrap().append(time_ms, &samples(time_ms, 10)).unwrap();
    }
    drop(storage);
    let sending = Sending::start(directory.path(), options(&receiver));
    let times: Vec<_> = receiver.wait_for(30).await.iter().map(|written| written.1).collect();
    let expected: Vec<_> = [2, 3, 4].into_iter().flat_map(|time_ms| vec![time_ms; 10]).collect();
    assert_eq!(times, expected);
    eventually(|| sending.storage.queue_state().rows == 0).await;
    assert!((sending.metric("samples_failed_total") - 10.0).abs() < 1e-9);
    assert!((sending.metric("samples_sent_total") - 30.0).abs() < 1e-9);
    sending.append(5, 1);
    receiver.wait_for(31).await;
    sending.stop().await;
}

#[tokio::test]
async fn what_is_refused_after_a_lost_answer_does_not_count_as_lost() {
    let directory = tempfile::tempdir().unwrap();
    let mut is_first = true;
    let receiver = TestReceiver::start(move |written| {
        if std::mem::take(&mut is_first) {
            // It ends the connection without a word.
            std::panic::resume_unwind(Box::new("no answer"));
        }
        let is_probe = written.is_empty();
        if is_probe { StatusCode::NO_CONTENT } else { StatusCode::BAD_REQUEST }.into_response()
    })
    .await;
    let sending = Sending::start(directory.path(), options(&receiver));
    sending.append(1, 10);
    eventually(|| sending.metric("samples_refused_again_total") > 9.0).await;
    assert!(sending.metric("samples_failed_total") < 1.0);
    sending.append(2, 5);
    eventually(|| sending.metric("samples_failed_total") > 4.0).await;
    assert!(sending.metric("samples_refused_again_total") < 11.0);
    sending.stop().await;
}

#[tokio::test]
async fn what_a_receiver_repeats_of_the_credentials_is_hidden() {
    let said = "no auth token \"Bearer s3cr3t\" in config";
    let receiver =
        TestReceiver::start(move |_| (StatusCode::BAD_REQUEST, said).into_response()).await;
    let authorization = Authorization::Bearer(Secret::Text("s3cr3t".to_owned()));
    let access = StoreAccess { authorization, ..StoreAccess::default() };
    let asked = Receiver::new(RemoteWriteOptions { access, ..options(&receiver) }).unwrap();
    let Answer::Later { reason, .. } = asked.send(wire::join(&[])).await else { panic!("taken") };
    assert!(reason.contains("no auth token \"Bearer <hidden>\" in config"), "{reason}");
}

#[test]
fn each_fault_of_an_outage_is_said_once_whatever_else_the_receiver_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = logged(|| runtime.block_on(outage_of_five_requests("")));
    let said: Vec<_> = log.lines().filter(|line| line.contains(" WARN ")).collect();
    assert_eq!(said.len(), 2, "{log}");
    assert!(said[0].contains("503 Service Unavailable: request 1"), "{log}");
    assert!(said[1].contains("502 Bad Gateway: request 2"), "{log}");
    assert!(log.trim_end().ends_with("samples are sent again"), "{log}");
}

#[test]
fn what_a_receiver_says_is_not_said_where_it_may_repeat_a_secret_of_the_address() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = logged(|| runtime.block_on(outage_of_five_requests("?token=hidden")));
    assert!(log.contains("503 Service Unavailable") && !log.contains("hidden"), "{log}");
}

async fn outage_of_five_requests(query: &str) {
    let directory = tempfile::tempdir().unwrap();
    let mut count = 0;
    let receiver = TestReceiver::start(move |_| {
        count += 1;
        let text = format!("request {count} for /api/v1/write?token=hidden failed");
        match count {
            2 | 4 => (StatusCode::BAD_GATEWAY, text).into_response(),
            1 | 3 | 5 => (StatusCode::SERVICE_UNAVAILABLE, text).into_response(),
            _ => ().into_response(),
        }
    })
    .await;
    let options = RemoteWriteOptions::new(&format!("{}{query}", receiver.url)).unwrap();
    let sending = Sending::start(directory.path(), options);
    sending.append(1, 1);
    receiver.wait_for(1).await;
    sending.stop().await;
}

#[tokio::test]
async fn a_receiver_that_asks_for_a_pause_gets_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = None;
    let receiver = TestReceiver::start(move |_| {
        let began = *first.get_or_insert_with(Instant::now);
        if began.elapsed() < Duration::from_millis(900) {
            return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response();
        }
        ().into_response()
    })
    .await;
    let sending = Sending::start(directory.path(), options(&receiver));
    sending.append(1, 1);
    receiver.wait_for(1).await;
    assert_eq!(receiver.request_count(), 2);
    sending.stop().await;
}

#[tokio::test]
async fn what_was_not_sent_before_the_end_is_sent_after_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let away = TestReceiver::that_takes_all().await;
    let (url, options) = (away.url.clone(), options(&away));
    drop(away);
    let sending = Sending::start(directory.path(), options.clone());
    let mut expected = sending.append(1, 3);
    eventually(|| sending.metric("retries_total") > 0.0).await;
    let began = Instant::now();
    sending.stop().await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());

    let address = url.trim_start_matches("http://").split_once('/').unwrap().0;
    let back = TestReceiver::start_at(address, |_| ().into_response()).await;
    let sending = Sending::start(directory.path(), options);
    expected.extend(sending.append(2, 3));
    assert_eq!(back.wait_for(6).await, expected);
    sending.stop().await;
}

#[tokio::test]
async fn what_is_kept_last_is_sent_before_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let receiver = TestReceiver::that_takes_all().await;
    let sending = Sending::start(directory.path(), options(&receiver));
    sending.append(1, 1);
    receiver.wait_for(1).await;
    sending.append(2, 1);
    sending.stop().await;
    assert_eq!(receiver.taken().len(), 2);
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_up_no_scrape_and_no_end() {
    let directory = tempfile::tempdir().unwrap();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let sending = Sending::start(directory.path(), RemoteWriteOptions::new(&url).unwrap());
    let began = Instant::now();
    for time_ms in 1..=20 {
        sending.append(time_ms, 10);
    }
    sending.stop().await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test]
async fn credentials_are_sent_and_a_file_s_may_change_at_any_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "first\n").unwrap();
    let receiver = TestReceiver::that_takes_all().await;
    let access = StoreAccess {
        authorization: Authorization::Bearer(Secret::in_file(path.clone())),
        tenant: Some("team".to_owned()),
        authorities: None,
    };
    let sending = Sending::start(
        &directory.path().join("data"),
        RemoteWriteOptions { access, ..options(&receiver) },
    );
    sending.append(1, 1);
    receiver.wait_for(1).await;
    assert_eq!(receiver.header("authorization"), "Bearer first");
    assert_eq!(receiver.header("x-scope-orgid"), "team");
    std::fs::remove_file(&path).unwrap();
    sending.append(2, 1);
    eventually(|| sending.metric("retries_total") > 0.0).await;
    std::fs::write(&path, "second\n").unwrap();
    receiver.wait_for(2).await;
    assert_eq!(receiver.header("authorization"), "Bearer second");
    sending.stop().await;
}

#[tokio::test]
async fn a_name_and_a_password_are_sent_as_basic_credentials() {
    let directory = tempfile::tempdir().unwrap();
    let receiver = TestReceiver::that_takes_all().await;
    let password = Secret::Text("open sesame".to_owned());
    let authorization = Authorization::Basic { user: "Aladdin".to_owned(), password };
    let access = StoreAccess { authorization, ..StoreAccess::default() };
    let sending =
        Sending::start(directory.path(), RemoteWriteOptions { access, ..options(&receiver) });
    sending.append(1, 1);
    receiver.wait_for(1).await;
    assert_eq!(receiver.header("authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    sending.stop().await;
}

#[test]
fn options_that_cannot_work_are_named_without_what_is_secret() {
    for (url, named) in [
        ("mimir", "relative URL"),
        ("ftp://host/", "expected http or https"),
        ("http://me:hidden@host/", "must not hold credentials"),
        ("https://hidden@host/", "must not hold credentials"),
    ] {
        let error = RemoteWriteOptions::new(url).unwrap_err();
        assert!(error.contains(named) && !error.contains("hidden"), "{error}");
    }
    let options = RemoteWriteOptions::new("http://host/").unwrap();
    let small = RemoteWriteOptions { queue_limit_bytes: 1_000, ..options.clone() };
    assert!(small.check().unwrap_err().contains("1048576 bytes or more"));
    let external_labels = Labels::from_iter([("a-b", "c")]);
    let named = RemoteWriteOptions { external_labels, ..options.clone() };
    assert!(named.check().unwrap_err().contains("\"a-b\" is not a label name"));
    let access = StoreAccess { tenant: Some("a\nb".to_owned()), ..StoreAccess::default() };
    let tenant = RemoteWriteOptions { access, ..options.clone() };
    assert!(tenant.check().unwrap_err().contains("one line"));
    let authorities = Some("/nowhere/ca.pem".into());
    let access = StoreAccess { authorities, ..StoreAccess::default() };
    let error = Receiver::new(RemoteWriteOptions { access, ..options }).unwrap_err();
    assert!(error.contains("/nowhere/ca.pem"), "{error}");
}
