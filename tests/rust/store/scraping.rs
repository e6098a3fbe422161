//! Targets that come, go, hang and lie.

use std::io;
use std::net::TcpListener;

use mephisto_metrics::store::{StorageError, Store, StoreError, StoreOptions};

use super::setting::{Client, Places, TestTarget, eventually, hanging_target, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_target_s_samples_are_there_under_its_labels() {
    let target = TestTarget::start("units{status=\"a\\\"b\",job=\"mine\"} 3\n").await;
    let places = Places::new();
    places.announce_target("7", target.address);
    let store = places.start();
    let client = Client::of(&store);
    client.until("units", "3").await;
    let metric = client.query("units").await.remove(0)["metric"].take();
    let expected = serde_json::json!({
        "__name__": "units",
        "status": "a\"b",
        "job": "mephisto",
        "exported_job": "mine",
        "operator": "7",
        "instance": target.address.to_string(),
    });
    assert_eq!(metric, expected);
    client.until("up", "1").await;
    client.until("scrape_samples_scraped", "1").await;
    target.set("units{status=\"a\\\"b\",job=\"mine\"} 4\n");
    client.until("units", "4").await;
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_that_vanishes_from_a_scrape_is_gone_at_once() {
    let target = TestTarget::start("units 3\nagents 1\n").await;
    let places = Places::new();
    places.announce_target("7", target.address);
    let store = places.start();
    let client = Client::of(&store);
    client.values("{operator=\"7\", __name__=~\"units|agents\"}", 2).await;
    target.set("units 3\n");
    client.values("agents", 0).await;
    client.until("units", "3").await;
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_ends_leaves_no_series_and_the_other_s_go_on() {
    let (one, other) = (TestTarget::start("units 1\n").await, TestTarget::start("units 2\n").await);
    let places = Places::new();
    places.announce_target("one", one.address);
    places.announce_target("other", other.address);
    let store = places.start();
    let client = Client::of(&store);
    client.values("units", 2).await;
    places.withdraw("one");
    client.values("{operator=\"one\"}", 0).await;
    assert_eq!(client.values("units", 1).await, ["2"]);
    other.set("units 3\n");
    client.until("units", "3").await;
    client.until("count_over_time(units{operator=\"one\"}[1h]) > bool 0", "1").await;
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_hangs_is_down_and_stops_no_other() {
    let (target, hanging) = (TestTarget::start("units 1\n").await, hanging_target().await);
    let places = Places::new();
    places.announce_target("well", target.address);
    places.announce_target("hangs", hanging);
    let store = places.start();
    let client = Client::of(&store);
    client.until("up{operator=\"hangs\"}", "0").await;
    client.until("up{operator=\"well\"}", "1").await;
    target.set("units 2\n");
    client.until("units", "2").await;
    let targets = client.data("/api/v1/targets", &[]).await;
    let hung = targets["activeTargets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|target| target["labels"]["operator"] == "hangs")
        .unwrap();
    assert_eq!(hung["health"], "down");
    assert_eq!(hung["lastError"], "no answer within 100ms");
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exposition_that_is_none_makes_its_target_down_and_says_where() {
    let target = TestTarget::start("units 1\n").await;
    let places = Places::new();
    places.announce_target("7", target.address);
    let store = places.start();
    let client = Client::of(&store);
    client.until("units", "1").await;
    target.set("units 2\n<html>\n");
    client.until("up", "0").await;
    client.values("units", 0).await;
    let targets = client.data("/api/v1/targets", &[]).await;
    let error = &targets["activeTargets"][0]["lastError"];
    assert_eq!(error, "line 2: expected a metric name at \"<html>\"");
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_target_file_spoils_no_other() {
    let target = TestTarget::start("units 1\n").await;
    let places = Places::new();
    places.announce("bad", "[{\"targets\": ");
    places.announce_target("good", target.address);
    let store = places.start();
    let client = Client::of(&store);
    client.until("up{operator=\"good\"}", "1").await;
    places.announce_target("bad", target.address);
    client.until("up{operator=\"bad\"}", "1").await;
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_scraped_is_there_after_a_restart() {
    let target = TestTarget::start("units 1\n").await;
    let places = Places::new();
    places.announce_target("7", target.address);
    let store = places.start();
    Client::of(&store).until("units", "1").await;
    store.stop();
    places.withdraw("7");
    let store = places.start();
    assert_eq!(Client::of(&store).query("units").await.len(), 1);
    store.stop();
}

#[test]
fn a_second_store_on_the_same_data_is_refused() {
    let places = Places::new();
    let first = places.start();
    let error = Store::start(options(places.path())).unwrap_err();
    assert!(matches!(error, StoreError::Storage(StorageError::Owned { .. })), "{error:?}");
    let data = places.path().join("data");
    assert!(error.to_string().contains(data.to_str().unwrap()), "{error}");
    first.stop();
    places.start().stop();
}

#[test]
fn an_address_in_use_is_told_from_other_faults_and_frees_the_data() {
    let places = Places::new();
    let stranger = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = stranger.local_addr().unwrap().port();
    let taken = StoreOptions { port, ..options(places.path()) };
    match Store::start(taken).unwrap_err() {
        StoreError::Listen { port: named, source, .. } => {
            assert_eq!((named, source.kind()), (port, io::ErrorKind::AddrInUse));
        }
        other => panic!("{other:?}"),
    }
    places.start().stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_withdrawn_while_it_hangs_is_forgotten() {
    let places = Places::new();
    places.announce_target("7", hanging_target().await);
    let store = places.start();
    let client = Client::of(&store);
    client.until("up", "0").await;
    places.withdraw("7");
    client.values("up", 0).await;
    eventually("no target", async || {
        let targets = client.data("/api/v1/targets", &[]).await;
        targets["activeTargets"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    store.stop();
}
