//! Dropping what is too old, or too much.

use parking_lot::MutexGuard;
use rusqlite::{Connection, ErrorCode};

use super::database::{self, BATCH_ROWS};
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
    /// Drops what is beyond the retention, and compacts when that is due.
    ///
    /// In this order: compaction needs space, which dropping gives.
    pub fn maintain(&self, now_ms: i64, retention: Retention) -> Result<(), StorageError> {
        let dropped = self.drop_old(now_ms.saturating_sub(retention.time_ms), retention.size_bytes);
        dropped.map_err(|error| self.fault(&error))?;
        if self.compaction_is_due(now_ms) {
            self.compact()?;
        }
        Ok(())
    }

    /// On a full disk, with the space that is set aside for it.
    fn drop_old(&self, cutoff_ms: i64, size_bytes: Option<u64>) -> rusqlite::Result<()> {
        let _alone = self.compacting.lock();
        let mut writer = self.writer.lock();
        let mut dropped = self.forget(&mut writer, cutoff_ms, size_bytes);
        if is_for_want_of_space(&dropped) && self.reserve.release() {
            dropped = self.forget(&mut writer, cutoff_ms, size_bytes);
        }
        self.reserve.keep();
        dropped
    }

    fn forget(
        &self,
        writer: &mut MutexGuard<'_, Connection>,
        cutoff_ms: i64,
        size_bytes: Option<u64>,
    ) -> rusqlite::Result<()> {
        self.forget_before(writer, cutoff_ms)?;
        if let Some(size_bytes) = size_bytes {
            self.forget_beyond(writer, size_bytes)?;
        }
        database::shrink(writer)
    }

    /// Drops the oldest chunks until the rest has that size.
    fn forget_beyond(
        &self,
        writer: &mut MutexGuard<'_, Connection>,
        size_bytes: u64,
    ) -> rusqlite::Result<()> {
        while self.used_bytes(writer)? > size_bytes {
            let Some(cutoff_ms) = self.after_oldest_chunk(writer)? else { break };
            self.forget_before(writer, cutoff_ms)?;
            // Scrapes have their turn, unless the space is the one that is not for them.
            if self.reserve.is_there() {
                MutexGuard::bump(writer);
            }
        }
        Ok(())
    }

    /// What samples take; the queue has a limit of its own.
    fn used_bytes(&self, writer: &Connection) -> rusqlite::Result<u64> {
        Ok(database::used_bytes(writer)?.saturating_sub(self.queue.state().bytes))
    }

    /// A time before which there is the oldest chunk, but nothing that is not compacted yet.
    fn after_oldest_chunk(&self, writer: &Connection) -> rusqlite::Result<Option<i64>> {
        let cutoff_ms = database::oldest_end_ms(writer)?.map(|end_ms| end_ms + 1);
        let head_ms = self.recent.read().head.oldest_ms().unwrap_or(i64::MAX);
        Ok(cutoff_ms.filter(|&cutoff_ms| cutoff_ms <= head_ms))
    }

    fn forget_before(&self, writer: &mut Connection, cutoff_ms: i64) -> rusqlite::Result<()> {
        self.forget_recent_before(writer, cutoff_ms)?;
        database::delete_chunks_before(writer, cutoff_ms)?;
        // Only now that nothing names them: their numbers may be given again.
        let ended = self.recent.read().index.ended_before(cutoff_ms);
        for batch in ended.chunks(BATCH_ROWS) {
            database::delete_series(writer, batch)?;
            let index = &mut self.recent.write().index;
            for &id in batch {
                index.remove(id);
            }
        }
        self.recent.write().index.forget_before(cutoff_ms);
        Ok(())
    }

    fn forget_recent_before(&self, writer: &Connection, cutoff_ms: i64) -> rusqlite::Result<()> {
        if self.recent.read().head.oldest_ms().is_some_and(|oldest_ms| oldest_ms < cutoff_ms) {
            database::delete_scrapes_before(writer, cutoff_ms)?;
            self.recent.write().head.forget_before(cutoff_ms);
        }
        Ok(())
    }
}

fn is_for_want_of_space(done: &rusqlite::Result<()>) -> bool {
    let code = done.as_ref().err().and_then(rusqlite::Error::sqlite_error_code);
    code == Some(ErrorCode::DiskFull)
}
