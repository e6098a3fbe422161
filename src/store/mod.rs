//! The built-in store: finds targets, scrapes them, keeps the samples, answers queries.
//!
//! `discovery` yields targets, `scrape` turns each into samples, `storage` keeps them, `rules`
//! records and alerts on them, `api` answers from there through `promql`.

mod api;
mod counters;
mod discovery;
mod exposition_text;
mod fault;
mod rules;
mod run;
mod scrape;
mod storage;
mod target;
#[cfg(test)]
mod test_log;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use storage::{Appended, Storage, StorageError};

use crate::http::Service;
use counters::Counters;
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
}

impl StoreOptions {
    /// Prometheus's retention, a scrape every 5 s, no rules, and the port where Prometheus would be.
    pub fn new(data_directory: PathBuf, targets_directory: PathBuf) -> Self {
        Self {
            data_directory,
            targets_directory,
            rule_files: Vec::new(),
            host: "127.0.0.1".to_owned(),
            port: 9090,
            scrape_interval: Duration::from_secs(5),
            retention: Duration::from_secs(15 * 24 * 60 * 60),
        }
    }
}

/// Why a store did not start.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An option is out of range.
    #[error("{0}")]
    Option(&'static str),
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
            return Err(StoreError::Option("the scrape interval must be more than zero"));
        }
        let scraping = Arc::new(scraping(&options)?);
        let (host, port) = (options.host.clone(), options.port);
        let service = Service::start("store", &host, port, THREADS, move |listener, shutdown| {
            run::run(scraping, options, listener, shutdown)
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

fn scraping(options: &StoreOptions) -> Result<Scraping, StoreError> {
    let time_limit = options.scrape_interval.min(LONGEST_SCRAPE);
    let fetcher = Fetcher::new(time_limit).map_err(|error| StoreError::SetUp(error.to_string()))?;
    let started_ms = now_ms();
    let counters = Counters::new(started_ms as f64 / 1_000.0)
        .map_err(|error| StoreError::SetUp(error.to_string()))?;
    Ok(Scraping {
        storage: Arc::new(Storage::open(&options.data_directory)?),
        fetcher,
        interval: options.scrape_interval,
        targets: Arc::new(Targets::default()),
        counters,
        outage: fault::Fault::default(),
        started_ms,
    })
}
