//! What can go wrong between the store and its data directory.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// The data directory cannot be used, or could not take or give samples.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another process holds the directory.
    #[error(
        "the data directory {} belongs to another store ({owner}): stop that one, or name another \
         data directory",
        directory.display()
    )]
    Owned {
        /// The directory both want.
        directory: PathBuf,
        /// The owner, as far as it can be told.
        owner: String,
    },
    /// The directory cannot be read or written, or holds something else than a store's data.
    #[error("the data directory {} cannot be used: {reason}; {way_out}", directory.display())]
    Unusable {
        /// The directory.
        directory: PathBuf,
        /// What the system or the database said.
        reason: String,
        /// What its owner can do.
        way_out: &'static str,
    },
    /// No space is left for samples; nothing of the write was kept.
    #[error(
        "no space left for the data directory {}: free some space, or keep less by a shorter \
         retention",
        directory.display()
    )]
    Full {
        /// The directory.
        directory: PathBuf,
    },
}

impl StorageError {
    /// A fault that the file system reported.
    pub fn io(directory: &Path, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull {
            return Self::Full { directory: directory.to_owned() };
        }
        Self::unusable(
            directory,
            error.to_string(),
            "make it a directory that you may read and write, or name another data directory",
        )
    }

    /// A fault that the database reported.
    pub fn database(directory: &Path, error: &rusqlite::Error) -> Self {
        let way_out = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => return Self::Full { directory: directory.to_owned() },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                "restore it from a backup, or move it away to start with an empty one"
            }
            _ => "make it a directory that you may read and write, or name another data directory",
        };
        Self::unusable(directory, error.to_string(), way_out)
    }

    /// Data that the database holds whole but that cannot be what this store wrote.
    pub fn corrupt(directory: &Path, what: String) -> Self {
        Self::unusable(
            directory,
            what,
            "restore it from a backup, or move it away to start with an empty one",
        )
    }

    fn unusable(directory: &Path, reason: String, way_out: &'static str) -> Self {
        Self::Unusable { directory: directory.to_owned(), reason, way_out }
    }
}
