//! A list of targets that is asked for over HTTP, as by Prometheus's `http_sd`.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::time::{MissedTickBehavior, interval};

use super::groups::{EXPECTED, parse};
use crate::http::shown;
use crate::store::fault::Fault;
use crate::store::scrape::Fetcher;
use crate::store::target::{Origin, Target};

/// How often a list is asked for.
const INTERVAL: Duration = Duration::from_secs(30);

/// One list as it was last had: who does not answer has the targets that it had.
#[derive(Debug)]
pub struct TargetsList {
    url: Url,
    targets: Mutex<Vec<Target>>,
    fault: Fault,
}

impl TargetsList {
    /// A list that was not asked for yet.
    pub fn new(url: Url) -> Self {
        Self { url, targets: Mutex::default(), fault: Fault::default() }
    }

    /// The targets as they were last listed.
    pub fn targets(&self) -> Vec<Target> {
        self.targets.lock().clone()
    }

    /// Asks for the list again and again.
    pub async fn keep_up_to_date(self: Arc<Self>, fetcher: Fetcher) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.ask(&fetcher).await;
        }
    }

    async fn ask(&self, fetcher: &Fetcher) {
        let listed = fetcher.list(&self.url).await;
        match listed.and_then(|content| parse(&content, Origin::Elsewhere)) {
            Ok(targets) => {
                *self.targets.lock() = targets;
                if self.fault.end() {
                    tracing::info!("the list of targets {} is there again", shown(&self.url));
                }
            }
            Err(fault) => {
                if self.fault.begin(&fault) {
                    tracing::warn!(
                        "the list of targets {} cannot be had: {fault}; expected {EXPECTED}; the \
                         targets found so far are scraped meanwhile",
                        shown(&self.url)
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::get;

    use super::*;
    use crate::http::Secret;
    use crate::store::elsewhere::Elsewhere;
    use crate::store::test_log::logged;

    /// A list that is there, then is not, then holds nonsense, then is there again.
    async fn answers() -> Url {
        let turn = Arc::new(Mutex::new(0));
        let answer = async move |headers: HeaderMap| {
            assert!(!headers.contains_key("authorization"));
            *turn.lock() += 1;
            match *turn.lock() {
                1 => (StatusCode::OK, r#"[{"targets": ["one:1"]}]"#),
                2 => (StatusCode::BAD_GATEWAY, ""),
                3 => (StatusCode::OK, "<html>"),
                _ => (StatusCode::OK, "[]"),
            }
        };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/list", listener.local_addr().unwrap());
        let router = Router::new().route("/list", get(answer));
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Url::parse(&url).unwrap()
    }

    #[tokio::test]
    async fn a_list_that_is_not_to_be_had_keeps_its_targets_and_is_sent_no_token() {
        let token = Some(Secret::Text("secret".into()));
        let elsewhere = Elsewhere { token, ..Elsewhere::default() };
        let fetcher = Fetcher::new(Duration::from_secs(10), &elsewhere).unwrap();
        let list = TargetsList::new(answers().await);
        for (count, is_well) in [(1, true), (1, false), (1, false), (0, true)] {
            list.ask(&fetcher).await;
            assert_eq!(list.targets().len(), count);
            assert_eq!(list.fault.end(), !is_well);
        }
    }

    #[test]
    fn a_secret_in_the_address_of_a_list_is_not_logged() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let fetcher = Fetcher::new(Duration::from_secs(10), &Elsewhere::default()).unwrap();
        let log = logged(|| {
            runtime.block_on(async {
                let mut url = answers().await;
                url.set_query(Some("token=hidden"));
                let list = TargetsList::new(url);
                for _ in 0..4 {
                    list.ask(&fetcher).await;
                }
                // Nobody listens there.
                let nobody = Url::parse("http://127.0.0.1:1/list?token=hidden").unwrap();
                TargetsList::new(nobody).ask(&fetcher).await;
            });
        });
        assert_eq!(log.matches("/list cannot be had").count(), 3, "{log}");
        assert_eq!(log.matches("/list is there again").count(), 1, "{log}");
        assert!(!log.contains("hidden"), "{log}");
    }
}
