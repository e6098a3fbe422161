//! Compaction and retention, each minute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval};

use super::fault::Fault;
use super::scrape::now_ms;
use super::steady_clock::SteadyClock;
use super::storage::{Retention, Storage};

/// How often to look whether there is work.
const INTERVAL: Duration = Duration::from_secs(60);

/// Maintains the storage for as long as the runtime lives.
pub async fn maintain(storage: Arc<Storage>, retention: Retention) {
    let maintenance = Arc::new(Maintenance::new(storage, retention));
    let started = Instant::now();
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let maintenance = Arc::clone(&maintenance);
        let done = tokio::task::spawn_blocking(move || {
            maintenance.run(now_ms(), started.elapsed());
        });
        if let Err(error) = done.await {
            tracing::error!("the maintenance of the samples broke off: {error}");
        }
    }
}

#[derive(Debug)]
struct Maintenance {
    storage: Arc<Storage>,
    retention: Retention,
    clock: Mutex<SteadyClock>,
    doubt: Fault,
    fault: Fault,
}

impl Maintenance {
    fn new(storage: Arc<Storage>, retention: Retention) -> Self {
        let (doubt, fault) = (Fault::default(), Fault::default());
        Self { storage, retention, clock: Mutex::default(), doubt, fault }
    }

    /// Does what is due by a clock that may be wrong, and one that goes on since the start.
    fn run(&self, now_ms: i64, since_start: Duration) {
        let mut retention = self.retention;
        if !self.believes(now_ms, since_start) {
            retention.time_ms = i64::MAX;
        }
        if let Err(error) = self.storage.maintain(now_ms, retention) {
            if self.fault.begin(&error.to_string()) {
                tracing::error!("old samples are not all compacted or dropped: {error}");
            }
        } else if self.fault.end() {
            tracing::info!("old samples are compacted and dropped again");
        }
    }

    /// Whether the clock may say what is too old. That it may not is said once.
    fn believes(&self, now_ms: i64, since_start: Duration) -> bool {
        let monotonic_ms = i64::try_from(since_start.as_millis()).unwrap_or(i64::MAX);
        let believes = self.clock.lock().believes(now_ms, monotonic_ms);
        if believes {
            if self.doubt.end() {
                tracing::info!("old samples are dropped by the clock again");
            }
        } else if self.doubt.begin("set ahead") {
            tracing::warn!(
                "the clock was set ahead: samples that are too old by it are dropped in an hour, \
                 unless it is set back"
            );
        }
        believes
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::Labels;
    use crate::store::test_log::logged;

    const MINUTE_MS: i64 = 60 * 1_000;
    const HOUR_MS: i64 = 60 * MINUTE_MS;

    /// Over a storage with one sample, of the first minute.
    fn maintenance(directory: &Path) -> Maintenance {
        let storage = Storage::open(directory).unwrap();
        let labels = Labels::from_iter([("__name__", "old")]);
        storage.append(MINUTE_MS, &[(labels, 1.0)]).unwrap();
        Maintenance::new(Arc::new(storage), Retention { time_ms: HOUR_MS, size_bytes: None })
    }

    fn run(maintenance: &Maintenance, now_ms: i64, minutes: u64) {
        maintenance.run(now_ms, Duration::from_secs(60 * minutes));
    }

    #[test]
    fn a_clock_that_is_ahead_for_some_minutes_drops_nothing_and_is_told_once() {
        let directory = tempfile::tempdir().unwrap();
        let maintenance = maintenance(directory.path());
        let log = logged(|| {
            run(&maintenance, 2 * MINUTE_MS, 0);
            run(&maintenance, 3 * MINUTE_MS + 2 * HOUR_MS, 1);
            run(&maintenance, 4 * MINUTE_MS + 2 * HOUR_MS, 2);
            run(&maintenance, 5 * MINUTE_MS, 3);
        });
        assert_eq!(maintenance.storage.series_count(), 1);
        assert_eq!(log.matches("the clock was set ahead").count(), 1, "{log}");
        assert_eq!(log.matches("by the clock again").count(), 1, "{log}");
    }

    #[test]
    fn a_clock_that_stays_ahead_drops_what_is_too_old_by_it_after_an_hour() {
        let directory = tempfile::tempdir().unwrap();
        let maintenance = maintenance(directory.path());
        let log = logged(|| {
            run(&maintenance, MINUTE_MS, 0);
            run(&maintenance, 5 * HOUR_MS, 1);
            assert_eq!(maintenance.storage.series_count(), 1);
            run(&maintenance, 6 * HOUR_MS, 61);
        });
        assert_eq!(maintenance.storage.series_count(), 0);
        assert_eq!(log.matches("by the clock again").count(), 1, "{log}");
    }
}
