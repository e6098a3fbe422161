//! Space set aside for the deletion of old samples, which a full disk would refuse too: before
//! rows are gone they are written about in the database's log.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Room to copy the log into the database, which has 4 MB and a transaction when that is due, and
/// to log the first batch of deletions. The log's own space serves for all others.
pub const RESERVE_BYTES: u64 = 8 * 1024 * 1024;

/// A file of nothing, in the data directory.
#[derive(Debug)]
pub struct Reserve {
    directory: PathBuf,
}

impl Reserve {
    pub fn in_directory(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    pub fn is_there(&self) -> bool {
        self.path().metadata().is_ok_and(|file| file.len() == RESERVE_BYTES)
    }

    /// Makes it if need be. A disk with too little space is left as it is: what there is is for
    /// samples, and for others.
    pub fn keep(&self) {
        if !self.is_there() && self.fits() && self.write().is_err() {
            self.release();
        }
    }

    /// Gives its space; false if there was none to give.
    pub fn release(&self) -> bool {
        fs::remove_file(self.path()).is_ok()
    }

    fn fits(&self) -> bool {
        let free = rustix::fs::statvfs(&self.directory);
        free.is_ok_and(|free| free.f_bavail.saturating_mul(free.f_frsize) >= RESERVE_BYTES)
    }

    /// Not by a length alone, which takes no space.
    fn write(&self) -> io::Result<()> {
        let mut file = File::create(self.path())?;
        io::copy(&mut io::repeat(0).take(RESERVE_BYTES), &mut file).map(drop)
    }

    fn path(&self) -> PathBuf {
        self.directory.join("reserve")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_space_until_it_is_released() {
        let directory = tempfile::tempdir().unwrap();
        let reserve = Reserve::in_directory(directory.path());
        assert!(!reserve.release());
        reserve.keep();
        assert!(reserve.is_there());
        assert!(reserve.release());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_kill_left_half_made_is_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let reserve = Reserve::in_directory(directory.path());
        fs::write(reserve.path(), "half").unwrap();
        assert!(!reserve.is_there());
        reserve.keep();
        assert!(reserve.is_there());
    }
}
