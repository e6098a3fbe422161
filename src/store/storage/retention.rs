//! Dropping what is too old, or too much.

use rusqlite::Connection;

use super::database;
use super::{Storage, StorageError};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// How long, in milliseconds.
    pub time_ms: i64,
    /// What all samples may take on the disk; those that are not compacted yet always stay.
    pub size_bytes: Option<u64>,
}

impl Storage {
    /// Compacts when that is due, and drops what is beyond the retention.
    pub fn maintain(&self, now_ms: i64, retention: Retention) -> Result<(), StorageError> {
        let cutoff_ms = now_ms.saturating_sub(retention.time_ms);
        if self.compaction_is_due(now_ms, cutoff_ms) {
            self.compact()?;
        }
        self.forget_before(cutoff_ms)?;
        if let Some(size_bytes) = retention.size_bytes {
            self.forget_beyond(size_bytes)?;
        }
        database::shrink(&self.writer.lock()).map_err(|error| self.fault(&error))
    }

    /// Drops the oldest chunks until the rest has that size. Scrapes have their turn in between.
    fn forget_beyond(&self, size_bytes: u64) -> Result<(), StorageError> {
        while self.used_bytes()? > size_bytes {
            let Some(cutoff_ms) = self.after_oldest_chunk()? else { break };
            self.forget_before(cutoff_ms)?;
        }
        Ok(())
    }

    /// What samples take; the queue has a limit of its own.
    fn used_bytes(&self) -> Result<u64, StorageError> {
        let used_bytes = database::used_bytes(&self.writer.lock());
        let used_bytes = used_bytes.map_err(|error| self.fault(&error))?;
        Ok(used_bytes.saturating_sub(self.queue.state().bytes))
    }

    /// A time before which there is the oldest chunk, but nothing that is not compacted yet.
    fn after_oldest_chunk(&self) -> Result<Option<i64>, StorageError> {
        let oldest = database::oldest_end_ms(&self.writer.lock());
        let cutoff_ms = oldest.map_err(|error| self.fault(&error))?.map(|end_ms| end_ms + 1);
        let head_ms = self.recent.read().head.oldest_ms().unwrap_or(i64::MAX);
        Ok(cutoff_ms.filter(|&cutoff_ms| cutoff_ms <= head_ms))
    }

    fn forget_before(&self, cutoff_ms: i64) -> Result<(), StorageError> {
        let mut writer = self.writer.lock();
        let ended = self.recent.read().index.ended_before(cutoff_ms);
        forget(&mut writer, cutoff_ms, &ended).map_err(|error| self.fault(&error))?;
        let index = &mut self.recent.write().index;
        for id in ended {
            index.remove(id);
        }
        index.forget_before(cutoff_ms);
        Ok(())
    }
}

fn forget(writer: &mut Connection, cutoff_ms: i64, ended: &[i64]) -> rusqlite::Result<()> {
    let transaction = writer.transaction()?;
    database::delete_chunks_before(&transaction, cutoff_ms)?;
    for &id in ended {
        database::delete_series(&transaction, id)?;
    }
    transaction.commit()
}
