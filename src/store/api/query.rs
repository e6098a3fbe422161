//! `/api/v1/query` and `/api/v1/query_range`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::answer::{Answer, ApiError, Data};
use super::parameters::Parameters;
use super::time::{parse_step, parse_time};
use crate::promql::{Options, QueryError, query_instant, query_range};
use crate::store::scrape::now_ms;
use crate::store::storage::Storage;

/// The longest that a query may take, the wait for others included, as in Prometheus.
const LONGEST_QUERY: Duration = Duration::from_secs(120);

/// The value of an expression at one time.
pub async fn at_one_time(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let expression = parameters.required("query")?.to_owned();
    let at_ms = parameters.time("time")?.unwrap_or_else(now_ms);
    api.evaluate(&parameters, move |storage, options| {
        let value = query_instant(storage, &expression, at_ms, options)?;
        Ok(Answer::instant(value, at_ms))
    })
    .await
}

/// The values of an expression over a range of times.
pub async fn over_a_range(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let expression = parameters.required("query")?.to_owned();
    let start_ms = parse_time("start", parameters.required("start")?)?;
    let end_ms = parse_time("end", parameters.required("end")?)?;
    let step_ms = parse_step("step", parameters.required("step")?)?;
    api.evaluate(&parameters, move |storage, options| {
        let series = query_range(storage, &expression, start_ms, end_ms, step_ms, options)?;
        Ok(Answer::range(series))
    })
    .await
}

impl Api {
    /// Runs a query on a thread that may block, when its turn has come.
    async fn evaluate(
        &self,
        parameters: &Parameters,
        query: impl FnOnce(&Storage, &Options) -> Result<Answer, QueryError> + Send + 'static,
    ) -> Result<Response, ApiError> {
        let options = options(parameters)?;
        let deadline = options.deadline.unwrap_or_else(Instant::now);
        let turn = Arc::clone(&self.turns).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout_at(deadline.into(), turn).await else {
            let message = "the query waited too long for others: ask for less, or again later";
            return Err(ApiError::timeout(message.to_owned()));
        };
        let storage = Arc::clone(&self.scraping.storage);
        // The answer is built there too: it may be large. The turn ends with the work, even if
        // the asker has gone meanwhile.
        let work = move || {
            let response = query(&storage, &options).map(|data| Data(data).into_response());
            drop(turn);
            response
        };
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|error| ApiError::internal(format!("the query broke off: {error}")))??)
    }
}

fn options(parameters: &Parameters) -> Result<Options, ApiError> {
    let mut options = Options::default();
    let limit = match parameters.get("timeout") {
        Some(text) => Duration::from_millis(parse_step("timeout", text)?.unsigned_abs()),
        None => LONGEST_QUERY,
    };
    options.deadline = Some(Instant::now() + limit.min(LONGEST_QUERY));
    if let Some(text) = parameters.get("lookback_delta") {
        options.lookback_ms = parse_step("lookback_delta", text)?;
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;
    use crate::promql::Value;
    use crate::store::scrape::Scraping;

    /// The status of a query that may take 20 ms, when `turns` may run at once.
    async fn status(turns: usize, answer: fn() -> Result<Answer, QueryError>) -> u16 {
        let directory = tempfile::tempdir().unwrap();
        let scraping = Arc::new(Scraping::without_targets(directory.path()));
        let api = Api { scraping, rules: Vec::new(), turns: Arc::new(Semaphore::new(turns)) };
        let mut parameters = Parameters::default();
        parameters.add(b"timeout=20ms");
        let answered = api.evaluate(&parameters, move |_, _| answer()).await;
        answered.unwrap_or_else(IntoResponse::into_response).status().as_u16()
    }

    #[tokio::test]
    async fn a_query_whose_turn_does_not_come_times_out() {
        let answer = || Ok(Answer::instant(Value::Scalar(1.0), 0));
        assert_eq!(status(1, answer).await, 200);
        assert_eq!(status(0, answer).await, 503);
    }

    #[tokio::test]
    async fn each_kind_of_error_has_prometheus_s_status() {
        assert_eq!(status(1, || Err(QueryError::BadData(String::new()))).await, 400);
        assert_eq!(status(1, || Err(QueryError::Execution(String::new()))).await, 422);
        assert_eq!(status(1, || Err(QueryError::Timeout(String::new()))).await, 503);
        assert_eq!(status(1, || panic!("a fault of ours")).await, 500);
    }
}
