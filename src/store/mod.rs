//! The built-in store: finds targets, scrapes them, keeps the samples, answers queries.
//!
//! `discovery` yields targets, `scrape` turns each into samples, `storage` keeps them, `rules`
//! records and alerts on them, `remote_write` sends them on, `api` answers from there through
//! `promql`.

mod api;
mod counters;
mod discovery;
mod elsewhere;
mod exposition_text;
mod fault;
mod maintenance;
mod remote_write;
mod rules;
mod run;
mod scrape;
mod steady_clock;
mod storage;
mod target;
#[cfg(test)]
mod test_log;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use elsewhere::Elsewhere;
pub use remote_write::RemoteWriteOptions;
pub use storage::{Appended, Retention, Storage, StorageError};

use crate::http::Service;
use counters::Counters;
use remote_write::{Receiver, Sender};
use scrape::{Fetcher, LONGEST_SCRAPE, Scraping, Targets, now_ms};

/// Worker threads of the store's runtime: one may parse while the other answers.
const THREADS: usize = 2;

/// Where a store is, and how it works.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Where the samples are; made if need be.
    pub data_directory: PathBuf,
    /// Where the target files are; may come to be later.
    pub targets_directory: PathBuf,
    /// The targets on other machines.
    pub elsewhere: Elsewhere,
    /// Alerting and recording rules, in Prometheus's format; one with a mistake is left out.
    pub rule_files: Vec<PathBuf>,
    /// The name or address to bind, such as `127.0.0.1`.
    pub host: String,
    /// The port to bind; 0 for any free one.
    pub port: u16,
    /// The time from one scrape of a target to its next.
    pub scrape_interval: Duration,
    /// How long samples are kept.
    pub retention: Duration,
    /// What the samples may take on the disk, nearly; older ones go, even within the retention.
    pub retention_bytes: Option<u64>,
    /// Where all samples are sent too.
    pub remote_write: Option<RemoteWriteOptions>,
}

impl StoreOptions {
    /// Prometheus's retention, a scrape every 5 s, no rules, and the port where Prometheus would be.
    pub fn new(data_directory: PathBuf, targets_directory: PathBuf) -> Self {
        Self {
            data_directory,
            targets_directory,
            elsewhere: Elsewhere::default(),
            rule_files: Vec::new(),
            host: "127.0.0.1".to_owned(),
            port: 9090,
            scrape_interval: Duration::from_secs(5),
            retention: Duration::from_secs(15 * 24 * 60 * 60),
            retention_bytes: None,
            remote_write: None,
        }
    }
}

/// Why a store did not start.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An option is out of range.
    #[error("{0}")]
    Option(String),
    /// The data directory belongs to another store, or cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The address cannot be bound; most often another program has it.
    #[error("cannot listen on {host}:{port}: {source}; name another port or host")]
    Listen {
        /// The host that was asked for.
        host: String,
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// A part of the store could not be set up.
    #[error("the store cannot be set up: {0}")]
    SetUp(String),
}

/// A store that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Store {
    service: Service,
}

impl Store {
    /// Takes the data directory, binds the address, then runs on threads of its own.
    pub fn start(options: StoreOptions) -> Result<Self, StoreError> {
        if options.scrape_interval.is_zero() {
            let what = "the scrape interval must be more than zero";
            return Err(StoreError::Option(what.to_owned()));
        }
        let (scraping, sender) = parts(&options)?;
        let (host, port) = (options.host.clone(), options.port);
        let service = Service::start("store", &host, port, THREADS, move |listener, shutdown| {
            run::run(scraping, sender, options, listener, shutdown)
        })
        .map_err(|source| StoreError::Listen { host, port, source })?;
        Ok(Self { service })
    }

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.service.address()
    }

    /// Ends all tasks and releases the data directory. Nothing is left to be flushed: a scrape is
    /// on the disk before it counts as done.
    pub fn stop(&self) {
        self.service.stop();
    }
}

/// What scrapes, and what sends on.
fn parts(options: &StoreOptions) -> Result<(Arc<Scraping>, Option<Sender>), StoreError> {
    let receiver = options.remote_write.clone().map(Receiver::new).transpose();
    let receiver = receiver.map_err(StoreError::Option)?;
    let queue = options.remote_write.as_ref().map(RemoteWriteOptions::queue);
    let storage = Arc::new(Storage::open_with_queue(&options.data_directory, queue)?);
    let started_ms = now_ms();
    let counters = Counters::new(started_ms as f64 / 1_000.0).map_err(set_up)?;
    let Some(receiver) = receiver else {
        tell_of_what_waits(&storage);
        return Ok((Arc::new(scraping(options, storage, counters, started_ms)?), None));
    };
    let (counters, remote_write) = counters.with_remote_write().map_err(set_up)?;
    let sender = Sender::new(Arc::clone(&storage), receiver, remote_write);
    Ok((Arc::new(scraping(options, storage, counters, started_ms)?), Some(sender)))
}

/// Without remote write, what an earlier start has left stays for a later one.
fn tell_of_what_waits(storage: &Storage) {
    let queue = storage.queue_state();
    if queue.rows > 0 {
        tracing::warn!(
            "{} bytes of samples wait for remote write, which is off: they are sent when it is on",
            queue.bytes
        );
    }
}

fn scraping(
    options: &StoreOptions,
    storage: Arc<Storage>,
    counters: Counters,
    started_ms: i64,
) -> Result<Scraping, StoreError> {
    let time_limit = options.scrape_interval.min(LONGEST_SCRAPE);
    let fetcher = Fetcher::new(time_limit, &options.elsewhere).map_err(StoreError::Option)?;
    Ok(Scraping {
        storage,
        fetcher,
        interval: options.scrape_interval,
        targets: Arc::new(Targets::default()),
        counters,
        outage: fault::Fault::default(),
        started_ms,
    })
}

fn set_up(error: impl std::error::Error) -> StoreError {
    StoreError::SetUp(error.to_string())
}
