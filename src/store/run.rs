//! The store's standing tasks: discovery, maintenance of the storage, rules, and the API.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

use super::discovery::Discovery;
use super::maintenance::maintain;
use super::remote_write::Sender;
use super::scrape::{Pool, Scraping};
use super::storage::Retention;
use super::{StoreOptions, api, rules};
use crate::http::{Shutdown, serve};

/// How often target files are read.
const DISCOVERY_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the store until `shutdown` is requested. Its tasks end with the runtime.
pub async fn run(
    scraping: Arc<Scraping>,
    sender: Option<Sender>,
    options: StoreOptions,
    listener: TcpListener,
    shutdown: Shutdown,
) {
    let sending = sender.map(|sender| tokio::spawn(sender.run(shutdown.clone())));
    tokio::spawn(maintain(Arc::clone(&scraping.storage), retention(&options)));
    let own = &options.targets_directory;
    let discovery = Discovery::new(own, &options.elsewhere, &scraping.fetcher);
    tokio::spawn(discover(Arc::clone(&scraping), discovery));
    let groups = rules::read(&options.rule_files, &scraping);
    rules::spawn(&groups, &scraping);
    serve(listener, None, api::router(scraping, groups), shutdown).await;
    if let Some(sending) = sending {
        // A panic in there has been printed already.
        let _ = sending.await;
    }
}

fn retention(options: &StoreOptions) -> Retention {
    Retention {
        time_ms: i64::try_from(options.retention.as_millis()).unwrap_or(i64::MAX),
        size_bytes: options.retention_bytes,
    }
}

async fn discover(scraping: Arc<Scraping>, mut discovery: Discovery) {
    let mut pool = Pool::new(scraping);
    let mut ticks = interval(DISCOVERY_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let read = tokio::task::spawn_blocking(move || {
            let found = discovery.read();
            (discovery, found)
        });
        let found;
        (discovery, found) = match read.await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!("the reading of the target files broke off: {error}");
                return;
            }
        };
        pool.set(found);
    }
}
