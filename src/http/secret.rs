//! Passwords and tokens. None is ever shown: not by `Debug`, not by an error.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::sync::Semaphore;

/// How long a file may take; one on a disk that hangs takes for ever.
const LONGEST_READ: Duration = Duration::from_secs(5);

/// A password or token.
#[derive(Clone)]
pub enum Secret {
    /// The secret itself.
    Text(String),
    /// In a file.
    File(SecretFile),
}

/// A file with a secret, read for each request: so it can be exchanged at any time.
#[derive(Clone)]
pub struct SecretFile {
    path: PathBuf,
    /// While one reading hangs, no other begins: each would keep a thread.
    turn: Arc<Semaphore>,
}

impl Secret {
    /// The secret in the file at `path`, which need not be there yet.
    pub fn in_file(path: PathBuf) -> Self {
        Self::File(SecretFile { path, turn: Arc::new(Semaphore::new(1)) })
    }

    /// The secret, without the end of the line that editors leave in files.
    pub async fn read(&self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(file) => file.read().await,
        }
    }
}

impl SecretFile {
    async fn read(&self) -> Result<String, String> {
        let late = || format!("it was not read within {LONGEST_READ:?}");
        let read = tokio::time::timeout(LONGEST_READ, self.read_in_turn()).await;
        read.unwrap_or_else(|_| Err(late()))
            .map_err(|why| format!("the secret in {} cannot be used: {why}", self.path.display()))
    }

    async fn read_in_turn(&self) -> Result<String, String> {
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let path = self.path.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let secret = secret_in(&path);
            drop(turn);
            secret
        });
        reading.await.map_err(|error| error.to_string())?
    }
}

fn secret_in(path: &Path) -> Result<String, String> {
    let text = |error: std::io::Error| error.to_string();
    // A pipe would keep whoever reads it waiting, and has its secret only once.
    if !std::fs::metadata(path).map_err(text)?.is_file() {
        return Err("it is not a file".to_owned());
    }
    let content = std::fs::read_to_string(path).map_err(text)?;
    let secret = content.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err("the file is empty".to_owned());
    }
    HeaderValue::from_str(secret).map_err(|_| "it is not one line of text".to_owned())?;
    Ok(secret.to_owned())
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => formatter.write_str("Secret"),
            Self::File(file) => write!(formatter, "Secret in {}", file.path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_in_a_file_is_read_anew_each_time_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let secret = Secret::in_file(path.clone());
        for content in ["first\n", "second\r\n", "third"] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(secret.read().await.unwrap(), content.trim_end());
        }
    }

    #[tokio::test]
    async fn a_file_that_holds_no_secret_is_named_but_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let secret = Secret::in_file(path.clone());
        for (content, why) in [("\n", "is empty"), ("hid\nden", "not one line")] {
            std::fs::write(&path, content).unwrap();
            let error = secret.read().await.unwrap_err();
            assert!(error.contains(why) && error.contains(path.to_str().unwrap()), "{error}");
            assert!(!error.contains("hid"), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(secret.read().await.unwrap_err().contains("cannot be used"));
    }

    #[tokio::test]
    async fn what_is_no_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for path in [&pipe, folder.path()] {
            let error = Secret::in_file(path.to_owned()).read().await.unwrap_err();
            assert!(error.contains("it is not a file"), "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_still_read_is_given_up() {
        let Secret::File(file) = Secret::in_file("/nowhere".into()) else { unreachable!() };
        let _reading = Arc::clone(&file.turn).acquire_owned().await;
        assert!(file.read().await.unwrap_err().contains("not read within 5s"));
    }
}
