//! The table `remote_write_queue`: a row is a block of samples of one moment, in the order of their
//! arrival.

use rusqlite::{Connection, Transaction, params};

use super::Waiting;

/// Made beside the other tables, in databases of earlier releases too.
pub const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS remote_write_queue (
        id INTEGER PRIMARY KEY,
        timestamp_ms INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        block BLOB NOT NULL
    ) STRICT;
";

/// What is known of all rows, oldest first; their blocks are not read.
pub fn waiting(connection: &Connection) -> rusqlite::Result<Vec<Waiting>> {
    let mut statement = connection.prepare(
        "SELECT id, timestamp_ms, samples, length(block) FROM remote_write_queue ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Waiting {
            id: row.get(0)?,
            timestamp_ms: row.get(1)?,
            samples: row.get(2)?,
            bytes: row.get(3)?,
        })
    })?;
    rows.collect()
}

pub fn insert(
    transaction: &Transaction<'_>,
    waiting: &Waiting,
    block: &[u8],
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO remote_write_queue VALUES (?, ?, ?, ?)")?
        .execute(params![waiting.id, waiting.timestamp_ms, waiting.samples, block])?;
    Ok(())
}

/// Deletes the oldest rows, up to that one.
pub fn delete_up_to(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM remote_write_queue WHERE id <= ?")?
        .execute([id])
        .map(drop)
}

/// The blocks of some rows, oldest first, each with its row's id.
pub fn blocks(
    connection: &Connection,
    from_id: i64,
    to_id: i64,
) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, block FROM remote_write_queue WHERE id BETWEEN ? AND ? ORDER BY id",
    )?;
    let rows = statement.query_map([from_id, to_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
