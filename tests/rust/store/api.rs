//! The HTTP API's shapes, as Prometheus has them.

use chrono::DateTime;
use mephisto_metrics::http::plain_client;
use serde_json::json;

use super::setting::{Client, Places, TestTarget, eventually};

const EXPOSITION: &str = "# HELP units Units by status.\n# TYPE units gauge\n\
    units{status=\"a\"} 3\nunits{status=\"b\"} +Inf\n";

#[tokio::test(flavor = "multi_thread")]
async fn labels_series_and_metadata_are_listed() {
    let target = TestTarget::start(EXPOSITION).await;
    let places = Places::new();
    places.announce_target("7", target.address);
    let store = places.start();
    let client = Client::of(&store);
    client.until("count(units)", "2").await;
    let units = [("match[]", "units")];
    assert_eq!(
        client.data("/api/v1/labels", &units).await,
        json!(["__name__", "instance", "job", "operator", "status"])
    );
    assert_eq!(client.data("/api/v1/label/status/values", &[]).await, json!(["a", "b"]));
    let past = [("start", "1"), ("end", "2")];
    assert_eq!(client.data("/api/v1/label/status/values", &past).await, json!([]));
    let series = client.data("/api/v1/series", &[("match[]", "units{status=~\"b|c\"}")]).await;
    assert_eq!(series.as_array().unwrap().len(), 1);
    assert_eq!(series[0]["status"], "b");
    assert_eq!(
        client.data("/api/v1/metadata", &[]).await,
        json!({"units": [{"type": "gauge", "help": "Units by status.", "unit": ""}]})
    );
    eventually("a healthy target", async || {
        let targets = client.data("/api/v1/targets", &[]).await;
        let active = &targets["activeTargets"][0];
        assert_eq!(active["scrapeUrl"], format!("http://{}/metrics", target.address));
        (active["health"] == "up" && active["lastError"] == "").then_some(())
    })
    .await;
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_query_answers_a_matrix_by_get_and_by_post() {
    let target = TestTarget::start(EXPOSITION).await;
    let places = Places::new();
    places.announce_target("7", target.address);
    let store = places.start();
    let client = Client::of(&store);
    client.until("count(units)", "2").await;
    let now = client.query("time()").await[0].as_f64().unwrap();
    let (start, end) = (format!("{}", now - 1.0), format!("{}", now + 1.0));
    let parameters =
        [("query", "units == +Inf"), ("start", &start), ("end", &end), ("step", "500ms")];
    let by_get = client.data("/api/v1/query_range", &parameters).await;
    assert_eq!(by_get["resultType"], "matrix");
    assert_eq!(by_get["result"][0]["metric"]["status"], "b");
    assert_eq!(by_get["result"][0]["values"][0][1], "+Inf");
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let by_post = plain_client()
        .build()
        .unwrap()
        .post(format!("http://{}/api/v1/query_range", store.address()))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    let by_post: serde_json::Value = serde_json::from_str(&by_post.text().await.unwrap()).unwrap();
    assert_eq!(by_post["data"]["result"][0]["metric"], by_get["result"][0]["metric"]);
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_prometheus_s_shape_and_status() {
    let places = Places::new();
    let store = places.start();
    let client = Client::of(&store);
    let range = "/api/v1/query_range";
    for (path, parameters, status, kind) in [
        ("/api/v1/query", vec![], 400, "bad_data"),
        ("/api/v1/query", vec![("query", "sum(")], 400, "bad_data"),
        ("/api/v1/query", vec![("query", "1"), ("time", "now")], 400, "bad_data"),
        (range, vec![("query", "1"), ("start", "0"), ("end", "1"), ("step", "0")], 400, "bad_data"),
        (range, vec![("query", "1"), ("start", "0"), ("end", "9"), ("step", "1ms")], 200, ""),
        (
            range,
            vec![("query", "1"), ("start", "0"), ("end", "99"), ("step", "1ms")],
            400,
            "bad_data",
        ),
        ("/api/v1/series", vec![], 400, "bad_data"),
        ("/api/v1/label/no-name/values", vec![], 400, "bad_data"),
        ("/api/v1/labels", vec![("start", "2"), ("end", "1")], 400, "bad_data"),
    ] {
        let (answered, text) = client.get(path, &parameters).await;
        assert_eq!(answered, status, "{path} {parameters:?}: {text}");
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        if status != 200 {
            assert_eq!(answer["status"], "error");
            assert_eq!(answer["errorType"], kind);
            assert!(!answer["error"].as_str().unwrap().is_empty());
        }
    }
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_tells_of_itself() {
    let target = TestTarget::start(EXPOSITION).await;
    let places = Places::new();
    places.announce_target("7", target.address);
    let store = places.start();
    let client = Client::of(&store);
    client.until("up", "1").await;
    assert_eq!(client.get("/-/ready", &[]).await.0, 200);
    assert_eq!(client.get("/-/healthy", &[]).await.0, 200);
    let build = client.data("/api/v1/status/buildinfo", &[]).await;
    assert_eq!(build["version"], env!("CARGO_PKG_VERSION"));
    let runtime = client.data("/api/v1/status/runtimeinfo", &[]).await;
    let time = |name: &str| DateTime::parse_from_rfc3339(runtime[name].as_str().unwrap()).unwrap();
    assert!(time("startTime") < time("serverTime"), "{runtime}");
    let (_, metrics) = client.get("/metrics", &[]).await;
    let bytes = metrics.lines().find_map(|line| line.strip_prefix("mephisto_store_bytes "));
    assert!(bytes.unwrap().parse::<f64>().unwrap() > 0.0, "{metrics}");
    store.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_a_stranger_s_name_is_refused() {
    let places = Places::new();
    let store = places.start();
    let ready = format!("http://{}/-/ready", store.address());
    for (host, status) in [("localhost:9090", 200), ("evil.example", 403)] {
        let request = plain_client().build().unwrap().get(&ready).header("Host", host);
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{host}");
    }
    store.stop();
}
