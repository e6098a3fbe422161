//! Who the store is to the receiver. No secret is ever shown: not by `Debug`, not by an error.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::{RequestBuilder, header::HeaderValue};

/// A password or token.
#[derive(Clone)]
pub enum Secret {
    /// The secret itself.
    Text(String),
    /// A file with the secret, read for each request: so it can be exchanged at any time.
    File(PathBuf),
}

/// How the receiver knows the store.
#[derive(Clone, Debug, Default)]
pub enum Authorization {
    /// It does not ask.
    #[default]
    Nobody,
    /// By a token.
    Bearer(Secret),
    /// By a name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
}

impl Secret {
    /// The secret, without the end of the line that editors leave in files.
    pub fn read(&self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => Self::read_file(path),
        }
    }

    fn read_file(path: &Path) -> Result<String, String> {
        let unusable = |why: &dyn fmt::Display| {
            format!("the secret in {} cannot be used: {why}", path.display())
        };
        let text = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(unusable(&"the file is empty"));
        }
        HeaderValue::from_str(secret).map_err(|_| unusable(&"it is not one line of text"))?;
        Ok(secret.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => formatter.write_str("Secret"),
            Self::File(path) => write!(formatter, "Secret in {}", path.display()),
        }
    }
}

impl Authorization {
    /// The request with what lets it in.
    pub fn add_to(&self, request: RequestBuilder) -> Result<RequestBuilder, String> {
        Ok(match self {
            Self::Nobody => request,
            Self::Bearer(token) => request.bearer_auth(token.read()?),
            Self::Basic { user, password } => request.basic_auth(user, Some(password.read()?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let token = Authorization::Bearer(Secret::Text("hidden".to_owned()));
        let password = Secret::Text("hidden".to_owned());
        let basic = Authorization::Basic { user: "me".to_owned(), password };
        let shown = format!("{token:?} {basic:#?}");
        assert!(!shown.contains("hidden") && shown.contains("me"), "{shown}");
    }

    #[test]
    fn a_secret_in_a_file_is_read_anew_each_time_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let secret = Secret::File(path.clone());
        for content in ["first\n", "second\r\n", "third"] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(secret.read().unwrap(), content.trim_end());
        }
    }

    #[test]
    fn a_file_that_holds_no_secret_is_named_but_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (content, why) in [("\n", "is empty"), ("hid\nden", "not one line")] {
            std::fs::write(&path, content).unwrap();
            let error = Secret::File(path.clone()).read().unwrap_err();
            assert!(error.contains(why) && error.contains(path.to_str().unwrap()), "{error}");
            assert!(!error.contains("hid"), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(Secret::File(path).read().unwrap_err().contains("cannot be used"));
    }
}
