//! Who a client is to a server.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderValue};

use super::secret::Secret;

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

impl Authorization {
    /// The request with what lets it in.
    pub async fn add_to(&self, request: RequestBuilder) -> Result<RequestBuilder, String> {
        let header = self.header().await?;
        Ok(header.into_iter().fold(request, |request, value| request.header(AUTHORIZATION, value)))
    }

    /// The value of the header that lets a request in; none if nobody asks.
    pub async fn header(&self) -> Result<Option<HeaderValue>, String> {
        let text = match self {
            Self::Nobody => return Ok(None),
            Self::Bearer(token) => format!("Bearer {}", sent(&token.read().await?)?),
            Self::Basic { user, password } => {
                format!("Basic {}", packed(user, &password.read().await?))
            }
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| "the secret cannot be sent: it is not one line of text".to_owned())?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// What a server has said, without our secret: some repeat the header by which they know us.
    pub async fn hide_in(&self, said: &str) -> String {
        match self.shapes().await {
            Ok(shapes) => {
                let shapes = shapes.iter().filter(|shape| !shape.is_empty());
                shapes.fold(said.to_owned(), |said, shape| said.replace(shape, "<hidden>"))
            }
            Err(_) => "what it said is not shown: there may be a secret in it".to_owned(),
        }
    }

    /// Each way in which the secret may be repeated.
    async fn shapes(&self) -> Result<Vec<String>, String> {
        Ok(match self {
            Self::Nobody => Vec::new(),
            Self::Bearer(token) => vec![sent(&token.read().await?)?],
            Self::Basic { user, password } => {
                let password = password.read().await?;
                vec![packed(user, &password), password]
            }
        })
    }
}

fn packed(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}

/// A token as it arrives: without blanks around it, which have no place in a header. Other letters
/// than ASCII's have no encoding there that both sides agree on; a password is packed.
fn sent(token: &str) -> Result<String, String> {
    let token = token.trim();
    match (token.is_empty(), token.is_ascii()) {
        (true, _) => Err("the token cannot be sent: it is blank".to_owned()),
        (_, false) => {
            Err("the token cannot be sent: it has other characters than ASCII's".to_owned())
        }
        _ => Ok(token.to_owned()),
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

    #[tokio::test]
    async fn a_password_is_sent_as_the_standard_has_it() {
        let password = Secret::Text("open sesame".to_owned());
        let basic = Authorization::Basic { user: "Aladdin".to_owned(), password };
        let header = basic.header().await.unwrap().unwrap();
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(header.is_sensitive());
    }

    #[tokio::test]
    async fn a_password_may_have_any_letters_and_a_token_only_those_that_can_be_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "pässword\n").unwrap();
        let user = "me".to_owned();
        let basic = Authorization::Basic { user, password: Secret::in_file(path.clone()) };
        assert_eq!(basic.header().await.unwrap().unwrap(), "Basic bWU6cMOkc3N3b3Jk");
        let error = Authorization::Bearer(Secret::in_file(path)).header().await.unwrap_err();
        assert!(error.contains("ASCII") && !error.contains("ssword"), "{error}");
    }

    #[tokio::test]
    async fn blanks_around_a_token_do_not_count() {
        let token = Authorization::Bearer(Secret::Text(" abc ".to_owned()));
        assert_eq!(token.header().await.unwrap().unwrap(), "Bearer abc");
        let blank = Authorization::Bearer(Secret::Text("  ".to_owned()));
        assert!(blank.header().await.unwrap_err().contains("blank"));
    }

    #[tokio::test]
    async fn what_a_server_repeats_is_shown_without_the_secret() {
        let token = Authorization::Bearer(Secret::Text("s3cr3t ".to_owned()));
        let said = "cannot find the provided auth token \"Bearer s3cr3t\" in config";
        let shown = "cannot find the provided auth token \"Bearer <hidden>\" in config";
        assert_eq!(token.hide_in(said).await, shown);
        let password = Secret::Text("open sesame".to_owned());
        let basic = Authorization::Basic { user: "Aladdin".to_owned(), password };
        let said = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== is Aladdin:open sesame";
        assert_eq!(basic.hide_in(said).await, "Basic <hidden> is Aladdin:<hidden>");
        assert_eq!(Authorization::Nobody.hide_in(said).await, said);
        let unknown = Authorization::Bearer(Secret::in_file("/nowhere/at/all".into()));
        assert!(unknown.hide_in(said).await.contains("not shown"));
    }
}
