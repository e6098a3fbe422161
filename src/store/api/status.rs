//! What the store tells of itself and its targets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::Api;
use super::answer::{ApiError, Data};
use super::parameters::Parameters;
use crate::store::exposition_text::Metadata;
use crate::store::scrape::{Status, now_ms};
use crate::store::target::Target;

/// `/api/v1/targets`.
pub async fn targets(State(api): State<Arc<Api>>) -> Data<Value> {
    let all = api.scraping.targets.all();
    let active: Vec<_> = all.iter().map(|(target, status)| api.target(target, status)).collect();
    Data(json!({"activeTargets": active, "droppedTargets": []}))
}

/// `/api/v1/metadata`: HELP and TYPE by metric name, each way that some target says it.
pub async fn metadata(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Data<BTreeMap<String, BTreeSet<Metadata>>>, ApiError> {
    let wanted = parameters.get("metric");
    let mut said: BTreeMap<String, BTreeSet<Metadata>> = BTreeMap::new();
    for (_, status) in api.scraping.targets.all() {
        for (name, metadata) in status.metadata {
            if wanted.is_none_or(|wanted| wanted == name) {
                said.entry(name).or_default().insert(metadata);
            }
        }
    }
    Ok(Data(said.into_iter().take(parameters.limit()?).collect()))
}

/// `/api/v1/status/buildinfo`.
pub async fn build_info() -> Data<Value> {
    Data(json!({
        "application": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "revision": "",
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }))
}

/// `/api/v1/status/runtimeinfo`: of Prometheus's answer, what also holds here.
pub async fn runtime_info(State(api): State<Arc<Api>>) -> Data<Value> {
    Data(json!({
        "startTime": rfc3339(Some(api.scraping.started_ms)),
        "serverTime": rfc3339(Some(now_ms())),
    }))
}

/// `/-/ready`: the samples are read and the port is bound before there is anything to ask.
pub async fn ready() -> &'static str {
    "The store is ready.\n"
}

/// `/-/healthy`.
pub async fn healthy() -> &'static str {
    "The store is healthy.\n"
}

/// `/metrics`.
pub async fn own_metrics(State(api): State<Arc<Api>>) -> Result<Response, ApiError> {
    let text = api.scraping.counters.encode(&api.scraping.storage);
    let text = text.map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response())
}

impl Api {
    fn target(&self, target: &Target, status: &Status) -> Value {
        json!({
            "discoveredLabels": {"__address__": target.address},
            "labels": target.labels,
            "scrapePool": target.labels.get("job"),
            "scrapeUrl": target.scrape_url(),
            "globalUrl": target.scrape_url(),
            "lastError": status.last_error,
            "lastScrape": rfc3339(status.last_scrape_ms),
            "lastScrapeDuration": status.took.as_secs_f64(),
            "health": status.health,
            "scrapeInterval": format!("{:?}", self.scraping.interval),
            "scrapeTimeout": format!("{:?}", self.scraping.fetcher.time_limit()),
        })
    }
}

/// A time that was not yet is the year 1, as in Go.
pub fn rfc3339(time_ms: Option<i64>) -> String {
    let time = time_ms.and_then(DateTime::from_timestamp_millis);
    time.map_or_else(
        || "0001-01-01T00:00:00Z".to_owned(),
        |time| time.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}
