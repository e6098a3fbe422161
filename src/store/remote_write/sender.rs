//! Sends what waits in the queue, in its order, one request after the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use super::back_off::BackOff;
use super::counters::RemoteWriteCounters;
use super::receiver::{Answer, Receiver};
use super::wire;
use crate::http::Shutdown;
use crate::store::fault::Fault;
use crate::store::scrape::now_ms;
use crate::store::storage::{Due, Storage, StorageError};

/// No request has more samples, unless a single block has.
const REQUEST_SAMPLES: u64 = 10_000;

/// How often an empty queue is looked into; what came meanwhile goes together.
const GATHERING: Duration = Duration::from_secs(1);

/// How long the end of the store waits for the rest to be sent.
const GOODBYE: Duration = Duration::from_secs(2);

/// The one task that sends.
#[derive(Debug)]
pub struct Sender {
    storage: Arc<Storage>,
    receiver: Receiver,
    counters: RemoteWriteCounters,
    /// What was said of the present outage. Behind one address there may be several servers, each
    /// with its own fault.
    outage: BTreeSet<String>,
    disk: Fault,
    refusals: BTreeSet<StatusCode>,
    /// Up to this row one block is sent at a time, to find the one that was refused.
    one_by_one_up_to: i64,
    /// Rows up to here were sent before, and the answer was lost.
    repeated_up_to: i64,
}

impl Sender {
    /// A sender for all that waits, and will wait, in the storage's queue.
    pub fn new(storage: Arc<Storage>, receiver: Receiver, counters: RemoteWriteCounters) -> Self {
        Self {
            storage,
            receiver,
            counters,
            outage: BTreeSet::new(),
            disk: Fault::default(),
            refusals: BTreeSet::new(),
            one_by_one_up_to: 0,
            repeated_up_to: 0,
        }
    }

    /// Sends until `shutdown` is requested, and what is left for a moment longer.
    pub async fn run(mut self, shutdown: Shutdown) {
        let goodbye = async {
            shutdown.clone().requested().await;
            tokio::time::sleep(GOODBYE).await;
        };
        tokio::select! {
            () = self.send_until(shutdown.clone().requested()) => {}
            () = goodbye => {}
        }
    }

    async fn send_until(&mut self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        loop {
            self.send_all().await;
            tokio::select! {
                () = tokio::time::sleep(GATHERING) => {}
                () = &mut end => break,
            }
        }
        self.send_all().await;
    }

    /// Sends until the queue is empty, or cannot be read or written.
    async fn send_all(&mut self) {
        loop {
            let sent = match self.due().await {
                Ok(Some(due)) => self.deliver(due).await,
                Ok(None) => {
                    self.disk.end();
                    return;
                }
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                if self.disk.begin(&error.to_string()) {
                    tracing::error!("the queue for remote write cannot be used: {error}");
                }
                return;
            }
        }
    }

    async fn due(&self) -> Result<Option<Due>, StorageError> {
        let state = self.storage.queue_state();
        if state.rows == 0 {
            return Ok(None);
        }
        let one_by_one_up_to = self.one_by_one_up_to;
        self.on_blocking_thread(move |storage| storage.due(REQUEST_SAMPLES, one_by_one_up_to)).await
    }

    async fn deliver(&mut self, due: Due) -> Result<(), StorageError> {
        match self.send(&due).await {
            Ok(()) => self.counters.sent(due.samples, now_ms()),
            Err(_) if due.blocks.len() > 1 => {
                self.one_by_one_up_to = due.last_id;
                return Ok(());
            }
            Err((status, reason)) => self.let_go(&due, status, &reason),
        }
        self.on_blocking_thread(move |storage| storage.settle(due.last_id)).await
    }

    /// Tries until the receiver has taken or refused what is due.
    async fn send(&mut self, due: &Due) -> Result<(), (StatusCode, String)> {
        let mut back_off = BackOff::default();
        loop {
            match self.receiver.send(wire::join(&due.blocks)).await {
                Answer::Taken => {
                    self.recovered();
                    return Ok(());
                }
                Answer::Refused { status, reason } => {
                    self.recovered();
                    return Err((status, reason));
                }
                Answer::Later { kind, reason, asked, is_answered } => {
                    if !is_answered {
                        self.repeated_up_to = due.last_id;
                    }
                    self.failed(kind, &reason);
                    tokio::time::sleep(back_off.next(asked)).await;
                }
            }
        }
    }

    fn failed(&mut self, kind: String, reason: &str) {
        self.counters.retried();
        if self.outage.insert(kind) {
            tracing::warn!("remote write: samples wait on the disk to be sent again: {reason}");
        }
    }

    fn recovered(&mut self) {
        if !std::mem::take(&mut self.outage).is_empty() {
            tracing::info!("remote write: samples are sent again");
        }
    }

    /// A receiver that has samples already refuses all but the newest of a series as out of order.
    fn let_go(&mut self, due: &Due, status: StatusCode, reason: &str) {
        if due.last_id <= self.repeated_up_to {
            self.counters.refused_again(due.samples);
            return;
        }
        self.counters.refused(due.samples);
        if self.refusals.insert(status) {
            tracing::error!(
                "remote write: {} samples were refused and are not sent again: {reason}; further \
                 refusals of this kind are counted, not logged",
                due.samples
            );
        }
    }

    async fn on_blocking_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Storage) -> T + Send + 'static,
    ) -> T {
        let storage = Arc::clone(&self.storage);
        match tokio::task::spawn_blocking(move || work(&storage)).await {
            Ok(done) => done,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}
