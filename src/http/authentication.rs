//! Lets in only who knows the secret.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::credentials::Authorization;

/// Lets through only requests with these credentials, and those for the `open` paths.
///
/// A secret in a file is read for each request: so it can be exchanged at any time.
pub fn guard_credentials(
    router: Router,
    expected: Authorization,
    open: &'static [&'static str],
) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let expected = expected.clone();
        async move {
            let verdict = if open.contains(&request.uri().path()) {
                Ok(())
            } else {
                check(&expected, request.headers().get(header::AUTHORIZATION)).await
            };
            match verdict {
                Ok(()) => next.run(request).await,
                Err(refusal) => refusal.into_response(),
            }
        }
    }))
}

/// Why a request is not let through.
enum Refusal {
    /// It has not the credentials; says how to send them.
    Stranger(HeaderValue),
    /// What they should be is not known: nobody is let in.
    Unknown,
}

async fn check(expected: &Authorization, sent: Option<&HeaderValue>) -> Result<(), Refusal> {
    let challenge = match expected {
        Authorization::Nobody => return Ok(()),
        Authorization::Bearer(_) => "Bearer",
        Authorization::Basic { .. } => r#"Basic realm="mephisto-metrics", charset="UTF-8""#,
    };
    let Ok(Some(wanted)) = expected.header().await else { return Err(Refusal::Unknown) };
    if sent.is_some_and(|sent| is_same(wanted.as_bytes(), sent.as_bytes())) {
        Ok(())
    } else {
        Err(Refusal::Stranger(HeaderValue::from_static(challenge)))
    }
}

/// Compares two headers; how long that takes tells nothing of the secret but its length.
fn is_same(wanted: &[u8], sent: &[u8]) -> bool {
    let Some((wanted_scheme, wanted_secret)) = scheme_and_secret(wanted) else { return false };
    let Some((sent_scheme, sent_secret)) = scheme_and_secret(sent) else { return false };
    wanted_scheme.eq_ignore_ascii_case(sent_scheme) && wanted_secret.ct_eq(sent_secret).into()
}

fn scheme_and_secret(header: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = header.iter().position(|&byte| byte == b' ')?;
    Some((&header[..space], header[space..].trim_ascii_start()))
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Stranger(challenge) => {
                let headers = [(header::WWW_AUTHENTICATE, challenge)];
                (StatusCode::UNAUTHORIZED, headers, "Unauthorized\n").into_response()
            }
            Self::Unknown => {
                let text = "The secret of this server cannot be read on its machine\n";
                (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Secret, Service, serve};
    use super::*;

    async fn served(expected: Authorization, requests: impl AsyncFnOnce(&reqwest::Client, &str)) {
        let router = Router::new().fallback(async || "let in");
        let router = guard_credentials(router, expected, &["/open"]);
        let service = Service::start("guarded", "127.0.0.1", 0, 1, |listener, shutdown| {
            serve(listener, None, router, shutdown)
        });
        let service = service.unwrap();
        requests(&reqwest::Client::new(), &format!("http://{}", service.address())).await;
        tokio::task::spawn_blocking(move || service.stop()).await.unwrap();
    }

    fn password(text: &str) -> Authorization {
        Authorization::Basic { user: "me".to_owned(), password: Secret::Text(text.to_owned()) }
    }

    #[tokio::test]
    async fn only_the_right_password_is_let_in_and_all_to_what_is_open() {
        crate::http::choose_cryptography();
        served(password("right"), async |client, url| {
            for (sent, status) in [
                (Authorization::Nobody, 401),
                (password("wrong"), 401),
                (password("righ"), 401),
                (Authorization::Bearer(Secret::Text("right".to_owned())), 401),
                (password("right"), 200),
            ] {
                let answer = sent.add_to(client.get(url)).await.unwrap().send().await.unwrap();
                assert_eq!(answer.status(), status, "{sent:?}");
                let challenge = answer.headers().get("www-authenticate").map(|text| text.to_str());
                assert_eq!(challenge.is_some(), status == 401);
                let is_basic = challenge.is_none_or(|text| text.unwrap().starts_with("Basic "));
                assert!(is_basic, "{sent:?}");
            }
            let open = client.get(format!("{url}/open")).send().await.unwrap();
            assert_eq!(open.status(), 200);
            let below = client.get(format!("{url}/open/not")).send().await.unwrap();
            assert_eq!(below.status(), 401);
        })
        .await;
    }

    #[tokio::test]
    async fn a_token_is_exchanged_without_a_restart_and_without_one_nobody_is_let_in() {
        crate::http::choose_cryptography();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let expected = Authorization::Bearer(Secret::in_file(path.clone()));
        served(expected, async |client, url| {
            let ask = async |token| {
                let answer = client.get(url).bearer_auth(token).send().await.unwrap();
                (answer.status().as_u16(), answer.text().await.unwrap())
            };
            let (status, reason) = ask("").await;
            assert_eq!(status, 503, "{reason}");
            assert!(!reason.contains(path.to_str().unwrap()), "{reason}");
            std::fs::write(&path, "first\n").unwrap();
            assert_eq!(ask("first").await.0, 200);
            std::fs::write(&path, "second\n").unwrap();
            assert_eq!((ask("first").await.0, ask("second").await.0), (401, 200));
            std::fs::write(&path, "\n").unwrap();
            assert_eq!(ask("").await.0, 503);
        })
        .await;
    }

    #[test]
    fn the_scheme_s_case_does_not_matter_and_the_secret_s_does() {
        assert!(is_same(b"Bearer Abc", b"bearer Abc"));
        assert!(is_same(b"Bearer Abc", b"BEARER  Abc"));
        for sent in [&b"Bearer abc"[..], b"Bearer", b"Abc", b"", b"Basic Abc", b"Bearer Abcd"] {
            assert!(!is_same(b"Bearer Abc", sent), "{sent:?}");
        }
    }
}
