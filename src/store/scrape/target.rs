//! The scraping of one target, from its appearance until it is gone.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval_at};

use super::live::{LiveSeries, Outcome};
use super::status::{Health, SharedStatus};
use super::{Scraping, now_ms};
use crate::store::exposition_text::{self, Exposition};
use crate::store::fault::Fault;
use crate::store::target::Target;

/// One target and what is known of it.
#[derive(Debug)]
pub struct TargetScrape {
    target: Target,
    scraping: Arc<Scraping>,
    status: SharedStatus,
    live: Mutex<LiveSeries>,
    down: Fault,
    clock: Fault,
}

impl TargetScrape {
    /// A target that was just found.
    pub fn new(target: Target, scraping: Arc<Scraping>, status: SharedStatus) -> Arc<Self> {
        Arc::new(Self {
            live: Mutex::new(LiveSeries::new(target.clone())),
            target,
            scraping,
            status,
            down: Fault::default(),
            clock: Fault::default(),
        })
    }

    /// Scrapes until the sender of `gone` is dropped, then marks the target's series as ended.
    pub async fn run(self: Arc<Self>, mut gone: oneshot::Receiver<()>) {
        let first = tokio::time::Instant::now() + self.offset();
        let mut ticks = interval_at(first, self.scraping.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.scrape().await,
                _ = &mut gone => break,
            }
        }
        self.on_blocking_thread(Self::end).await;
    }

    /// Spreads the targets over the interval, each at the same place of it as ever.
    fn offset(&self) -> Duration {
        let mut hasher = DefaultHasher::new();
        self.target.hash(&mut hasher);
        let share = f64::from((hasher.finish() % 1_000) as u16) / 1_000.0;
        self.scraping.interval.mul_f64(share)
    }

    async fn scrape(self: &Arc<Self>) {
        let (timestamp_ms, began) = (now_ms(), Instant::now());
        let fetched = self.scraping.fetcher.scrape(&self.target).await;
        let took = began.elapsed();
        self.on_blocking_thread(move |scrape| scrape.finish(timestamp_ms, took, fetched)).await;
    }

    async fn on_blocking_thread(self: &Arc<Self>, work: impl FnOnce(&Self) + Send + 'static) {
        let scrape = Arc::clone(self);
        if let Err(error) = tokio::task::spawn_blocking(move || work(&scrape)).await {
            tracing::error!("the scrape of {} broke off: {error}", self.target.scrape_url());
        }
    }

    fn finish(&self, timestamp_ms: i64, took: Duration, fetched: Result<String, String>) {
        let read = fetched
            .and_then(|text| exposition_text::parse(&text).map_err(|error| error.to_string()));
        let outcome = match &read {
            Ok(exposition) => self.live.lock().scraped(&exposition.samples, took),
            Err(_) => self.live.lock().failed(took),
        };
        self.tell(timestamp_ms, took, read);
        self.keep(timestamp_ms, outcome);
    }

    fn tell(&self, timestamp_ms: i64, took: Duration, read: Result<Exposition, String>) {
        let url = self.target.scrape_url();
        let mut status = self.status.lock();
        status.last_scrape_ms = Some(timestamp_ms);
        status.took = took;
        match read {
            Ok(exposition) => {
                status.health = Health::Up;
                status.last_error.clear();
                status.metadata = exposition.metadata;
                if self.down.end() {
                    tracing::info!("the target {url} is up again");
                }
            }
            Err(error) => {
                status.health = Health::Down;
                if self.down.begin(&error) {
                    tracing::warn!(
                        "the target {url} cannot be scraped: {error}; it is tried again"
                    );
                }
                status.last_error = error;
            }
        }
    }

    fn end(&self) {
        // A target that was never scraped has nothing to end.
        let Some(last_ms) = self.status.lock().last_scrape_ms else { return };
        let outcome = self.live.lock().gone();
        // The last scrape may have begun in this very millisecond.
        self.keep(now_ms().max(last_ms + 1), outcome);
    }

    fn keep(&self, timestamp_ms: i64, outcome: Outcome) {
        let Some(appended) = self.scraping.append(timestamp_ms, &outcome.samples) else { return };
        self.live.lock().keep(outcome);
        if appended.out_of_order == 0 {
            self.clock.end();
        } else if self.clock.begin("behind") {
            tracing::warn!(
                "{} samples of {} are older than what the store has of their series, and are left \
                 out: was the clock set back?",
                appended.out_of_order,
                self.target.scrape_url()
            );
        }
    }
}
