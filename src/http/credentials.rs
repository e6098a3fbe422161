//! Who a client is to a server. No secret is ever shown: not by `Debug`, not by an error.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderValue};

/// A password or token.
#[derive(Clone)]
pub enum Secret {
    /// The secret itself.
    Text(String),
    /// A file with the secret, read for each request: so it can be exchanged at any time.
    File(PathBuf),
}

/// How the server knows the client.
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
        let header = self.header()?;
        Ok(header.into_iter().fold(request, |request, value| request.header(AUTHORIZATION, value)))
    }

    /// The value of the header that lets a request in; none if nobody asks.
    pub fn header(&self) -> Result<Option<HeaderValue>, String> {
        let text = match self {
            Self::Nobody => return Ok(None),
            Self::Bearer(token) => format!("Bearer {}", ascii(token.read()?)?),
            Self::Basic { user, password } => {
                let pair = format!("{user}:{}", password.read()?);
                format!("Basic {}", BASE64_STANDARD.encode(pair))
            }
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| "the secret cannot be sent: it is not one line of text".to_owned())?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// Other letters have no encoding in a header that both sides agree on; a password is packed.
fn ascii(token: String) -> Result<String, String> {
    if token.is_ascii() {
        Ok(token)
    } else {
        Err("the token cannot be sent: it has other characters than ASCII's".to_owned())
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
    fn a_password_is_sent_as_the_standard_has_it() {
        let password = Secret::Text("open sesame".to_owned());
        let basic = Authorization::Basic { user: "Aladdin".to_owned(), password };
        let header = basic.header().unwrap().unwrap();
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(header.is_sensitive());
    }

    #[test]
    fn a_password_may_have_any_letters_and_a_token_only_those_that_can_be_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "pässword\n").unwrap();
        let user = "me".to_owned();
        let basic = Authorization::Basic { user, password: Secret::File(path.clone()) };
        assert_eq!(basic.header().unwrap().unwrap(), "Basic bWU6cMOkc3N3b3Jk");
        let error = Authorization::Bearer(Secret::File(path)).header().unwrap_err();
        assert!(error.contains("ASCII") && !error.contains("ssword"), "{error}");
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
