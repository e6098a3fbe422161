//! Samples that wait to be sent to another store, on disk until that has them.
//!
//! They are put here in the transaction that keeps them, so a sample that counts as kept also waits.
//! Which rows there are is in memory too; only the sender reads their blocks.

mod table;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction};

pub use table::TABLE;

use super::{Storage, StorageError};
use crate::model::Labels;
use crate::store::fault::Fault;

/// No block has more samples: a receiver that refuses one refuses few.
const BLOCK_SAMPLES: usize = 2_000;

/// Makes a block of samples of one moment; each series has the external labels too.
pub type Encode = fn(external: &Labels, timestamp_ms: i64, samples: &[&(Labels, f64)]) -> Vec<u8>;

/// How samples wait.
#[derive(Clone, Debug)]
pub struct QueueOptions {
    /// What the blocks may have together; then the oldest go.
    pub limit_bytes: u64,
    /// What tells this store's series from those of another, unless they have such a label.
    pub external_labels: Labels,
    /// What a block is.
    pub encode: Encode,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct QueueState {
    /// How many blocks.
    pub rows: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// The time of the oldest block.
    pub oldest_ms: Option<i64>,
    /// How many samples had no room since the start.
    pub dropped_samples: u64,
}

/// The oldest blocks, to be sent together.
#[derive(Debug)]
pub struct Due {
    /// In the order of their arrival.
    pub blocks: Vec<Vec<u8>>,
    /// How many samples are in them.
    pub samples: u64,
    /// Names the last of them.
    pub last_id: i64,
}

/// What is known of a row without its block.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    id: i64,
    timestamp_ms: i64,
    samples: u32,
    bytes: u32,
}

impl Waiting {
    fn new(id: i64, timestamp_ms: i64, samples: usize, bytes: usize) -> Self {
        // SQLite takes no larger blobs.
        let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Self { id, timestamp_ms, samples: count(samples), bytes: count(bytes) }
    }
}

/// The rows that wait. Only who holds the storage's `writer` changes them.
#[derive(Debug)]
pub struct Queue {
    options: Option<QueueOptions>,
    rows: Mutex<Rows>,
    overflow: Fault,
}

#[derive(Debug, Default)]
struct Rows {
    waiting: VecDeque<Waiting>,
    bytes: u64,
    /// Never given twice: who sends a row later names it by its id.
    last_id: i64,
    dropped_samples: u64,
}

/// A change of the rows, which holds once it is committed.
#[derive(Debug, Default)]
pub struct Enqueued {
    added: Vec<Waiting>,
    dropped: usize,
}

impl Queue {
    /// Reads which rows wait. Without options none is added, and those that are there stay.
    pub fn read(connection: &Connection, options: Option<QueueOptions>) -> rusqlite::Result<Self> {
        let mut rows = Rows::default();
        table::waiting(connection)?.into_iter().for_each(|row| rows.add(row));
        Ok(Self { options, rows: Mutex::new(rows), overflow: Fault::default() })
    }

    /// Writes samples of one moment, and deletes the oldest rows that they leave no room for.
    pub fn write(
        &self,
        transaction: &Transaction<'_>,
        timestamp_ms: i64,
        samples: &[&(Labels, f64)],
    ) -> rusqlite::Result<Enqueued> {
        let Some(options) = &self.options else { return Ok(Enqueued::default()) };
        let mut added = Vec::new();
        for (samples, id) in samples.chunks(BLOCK_SAMPLES).zip(self.rows.lock().last_id + 1..) {
            let block = (options.encode)(&options.external_labels, timestamp_ms, samples);
            let row = Waiting::new(id, timestamp_ms, samples.len(), block.len());
            table::insert(transaction, &row, &block)?;
            added.push(row);
        }
        let too_many = self.rows.lock().too_many(&added, options.limit_bytes);
        if let Some(last) = too_many.last() {
            table::delete_up_to(transaction, last.id)?;
        }
        Ok(Enqueued { added, dropped: too_many.len() })
    }

    /// Notes that a change is on the disk.
    pub fn accept(&self, enqueued: Enqueued) {
        let mut rows = self.rows.lock();
        enqueued.added.into_iter().for_each(|row| rows.add(row));
        for _ in 0..enqueued.dropped {
            rows.dropped_samples += rows.remove_oldest();
        }
        if enqueued.dropped > 0 && self.overflow.begin("full") {
            tracing::warn!(
                "the queue for remote write is full at {} bytes: its oldest samples are dropped",
                rows.bytes
            );
        }
    }

    /// How much waits.
    pub fn state(&self) -> QueueState {
        let rows = self.rows.lock();
        QueueState {
            rows: rows.waiting.len() as u64,
            bytes: rows.bytes,
            oldest_ms: rows.waiting.front().map(|row| row.timestamp_ms),
            dropped_samples: rows.dropped_samples,
        }
    }

    /// As many rows as have so many samples together, but at least one; and only one, if the first
    /// is not beyond `one_by_one_up_to`.
    fn oldest(&self, most_samples: u64, one_by_one_up_to: i64) -> Vec<Waiting> {
        let mut samples = 0;
        let fits = |row: &&Waiting| {
            let is_first = samples == 0;
            samples += u64::from(row.samples);
            is_first || (samples <= most_samples && row.id > one_by_one_up_to)
        };
        self.rows.lock().waiting.iter().take_while(fits).copied().collect()
    }

    fn remove_up_to(&self, id: i64) {
        let mut rows = self.rows.lock();
        while rows.waiting.front().is_some_and(|row| row.id <= id) {
            rows.remove_oldest();
        }
        self.overflow.end();
    }
}

impl Rows {
    fn add(&mut self, row: Waiting) {
        self.last_id = row.id;
        self.bytes += u64::from(row.bytes);
        self.waiting.push_back(row);
    }

    /// Returns how many samples it had.
    fn remove_oldest(&mut self) -> u64 {
        let Some(row) = self.waiting.pop_front() else { return 0 };
        self.bytes -= u64::from(row.bytes);
        u64::from(row.samples)
    }

    /// The oldest rows that have to go when some are added.
    fn too_many(&self, added: &[Waiting], limit_bytes: u64) -> Vec<Waiting> {
        let mut bytes = self.bytes + added.iter().map(|row| u64::from(row.bytes)).sum::<u64>();
        let is_too_much = |row: &&Waiting| {
            let is_too_much = bytes > limit_bytes;
            bytes -= u64::from(row.bytes);
            is_too_much
        };
        self.waiting.iter().chain(added).take_while(is_too_much).copied().collect()
    }
}

impl Storage {
    /// The oldest samples that wait, in blocks: so many samples at most, but at least one block,
    /// and only one up to that row.
    pub fn due(
        &self,
        most_samples: u64,
        one_by_one_up_to: i64,
    ) -> Result<Option<Due>, StorageError> {
        let rows = self.queue.oldest(most_samples, one_by_one_up_to);
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
        let blocks = self.read_beside(|connection| table::blocks(connection, first.id, last.id))?;
        // Of rows that were dropped meanwhile nothing is sent.
        if blocks.is_empty() {
            return Ok(None);
        }
        let is_there = |row: &&Waiting| blocks.iter().any(|(id, _)| *id == row.id);
        let samples = rows.iter().filter(is_there).map(|row| u64::from(row.samples)).sum();
        let blocks = blocks.into_iter().map(|(_, block)| block).collect();
        Ok(Some(Due { blocks, samples, last_id: last.id }))
    }

    /// Lets go of what was due up to that row: it was sent, or will never be taken.
    pub fn settle(&self, last_id: i64) -> Result<(), StorageError> {
        let writer = self.writer.lock();
        // Should the disk refuse, the next deletion makes up for it, and nothing is sent twice.
        self.queue.remove_up_to(last_id);
        table::delete_up_to(&writer, last_id).map_err(|error| self.fault(&error))
    }

    /// How much waits to be sent.
    pub fn queue_state(&self) -> QueueState {
        self.queue.state()
    }
}
