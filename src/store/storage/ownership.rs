//! One process owns a data directory.
//!
//! The lock is the operating system's own on an open file, so it goes with its process, however
//! that ends; the file's text only says who the owner is.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::StorageError;

/// Holds a data directory for as long as it lives.
#[derive(Debug)]
pub struct Ownership(#[expect(dead_code, reason = "held for its lock")] File);

impl Ownership {
    /// Makes the directory if need be and takes it, or says who has it.
    pub fn take(directory: &Path) -> Result<Self, StorageError> {
        let fault = |error| StorageError::io(directory, &error);
        std::fs::create_dir_all(directory).map_err(fault)?;
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(directory.join("owner.pid"))
            .map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(owned(directory, &mut file)),
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
        sign(&mut file).map_err(fault)?;
        Ok(Self(file))
    }
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn owned(directory: &Path, file: &mut File) -> StorageError {
    let mut text = String::new();
    let owner = match file.read_to_string(&mut text).map(|_| text.trim().parse::<u32>()) {
        Ok(Ok(pid)) => format!("process {pid}"),
        _ => "a process that has not yet said its PID".to_owned(),
    };
    StorageError::Owned { directory: directory.to_owned(), owner }
}
