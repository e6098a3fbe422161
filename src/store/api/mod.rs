//! Prometheus's HTTP API over the store's samples.

mod answer;
mod parameters;
mod query;
mod rules;
mod series;
mod status;
mod time;

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use axum::Router;
use axum::routing::get;
use tokio::sync::Semaphore;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use super::rules::Group;
use super::scrape::Scraping;

/// So many queries are evaluated at once even on one core, lest a long one holds up all others.
const LEAST_QUERIES_AT_ONCE: usize = 2;

/// What the handlers share.
#[derive(Debug)]
pub struct Api {
    scraping: Arc<Scraping>,
    rules: Vec<Arc<Group>>,
    turns: Arc<Semaphore>,
}

/// All paths of the store.
pub fn router(scraping: Arc<Scraping>, rules: Vec<Arc<Group>>) -> Router {
    let turns = Arc::new(Semaphore::new(queries_at_once()));
    Router::new()
        .route("/api/v1/query", get(query::at_one_time).post(query::at_one_time))
        .route("/api/v1/query_range", get(query::over_a_range).post(query::over_a_range))
        .route("/api/v1/series", get(series::series).post(series::series))
        .route("/api/v1/labels", get(series::names).post(series::names))
        .route("/api/v1/label/{name}/values", get(series::values))
        .route("/api/v1/metadata", get(status::metadata))
        .route("/api/v1/targets", get(status::targets))
        .route("/api/v1/rules", get(rules::rules))
        .route("/api/v1/alerts", get(rules::alerts))
        .route("/api/v1/status/buildinfo", get(status::build_info))
        .route("/api/v1/status/runtimeinfo", get(status::runtime_info))
        .route("/-/ready", get(status::ready))
        .route("/-/healthy", get(status::healthy))
        .route("/metrics", get(status::own_metrics))
        // Answers are read at once and by few: more effort costs more time than it saves.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .with_state(Arc::new(Api { scraping, rules, turns }))
}

/// One for each core, while others wait for their turn: more would not be done earlier, and would
/// take the processor from the browser that draws what is answered.
fn queries_at_once() -> usize {
    let cores = available_parallelism().map_or(LEAST_QUERIES_AT_ONCE, NonZero::get);
    cores.max(LEAST_QUERIES_AT_ONCE)
}
