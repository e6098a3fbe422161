//! One request for a target's metrics, limited in time and size.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode, Url};

use crate::http::{Authorization, chain, is_loopback, plain_client, tls_client};
use crate::store::elsewhere::Elsewhere;
use crate::store::target::{Origin, Target};

/// The text format 0.0.4 is the only one read; a target that knows no other sends it anyway.
const ACCEPTED: HeaderValue = HeaderValue::from_static("text/plain;version=0.0.4;q=0.9,*/*;q=0.1");

const ACCEPTED_LIST: HeaderValue = HeaderValue::from_static("application/json");

/// No exposition is larger than this once unpacked: room for the 500,000 samples that
/// `exposition_text` takes at most.
const BODY_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// How long who lists targets may take.
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// Asks targets for their metrics.
#[derive(Clone, Debug)]
pub struct Fetcher {
    plain: Client,
    /// Made when it is needed: the system's certificates are read for it.
    secure: OnceLock<Result<Client, String>>,
    elsewhere: Elsewhere,
    time_limit: Duration,
}

impl Fetcher {
    /// A fetcher that gives up after `time_limit`, the reading of the body included.
    ///
    /// Fails if the authorities for targets elsewhere cannot be read.
    pub fn new(time_limit: Duration, elsewhere: &Elsewhere) -> Result<Self, String> {
        let fetcher = Self {
            plain: finish(plain_client())?,
            secure: OnceLock::new(),
            elsewhere: elsewhere.clone(),
            time_limit,
        };
        if elsewhere.authorities.is_some() {
            fetcher.secure_client()?;
        }
        Ok(fetcher)
    }

    /// How long a target may take.
    pub fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// The exposition of a target, or why there is none.
    pub async fn scrape(&self, target: &Target) -> Result<String, String> {
        let url = Url::parse(&target.scrape_url()).map_err(|error| error.to_string())?;
        let token = self.token_for(target, &url);
        let is_withheld =
            token.is_none() && target.origin == Origin::Elsewhere && self.elsewhere.token.is_some();
        let request = self.client_for(&url)?.get(url).header(ACCEPT, ACCEPTED);
        let request = token.unwrap_or_default().add_to(request).await?;
        fetch(request, self.time_limit).await.map_err(|failure| match failure {
            Failure::Status(StatusCode::UNAUTHORIZED) if is_withheld => {
                failure.text() + "; the token is not sent to it over plain HTTP"
            }
            failure => failure.text(),
        })
    }

    /// The list of targets at `url`, or why there is none.
    pub async fn list(&self, url: &Url) -> Result<String, String> {
        let request = self.client_for(url)?.get(url.clone()).header(ACCEPT, ACCEPTED_LIST);
        fetch(request, LIST_LIMIT).await.map_err(Failure::text)
    }

    /// What lets us in; nothing for who is not meant, and where others could read it on the way.
    fn token_for(&self, target: &Target, url: &Url) -> Option<Authorization> {
        let is_meant = target.origin == Origin::Elsewhere;
        let is_private = url.scheme() == "https" || is_loopback(url);
        let is_sent = is_meant && (is_private || self.elsewhere.is_token_sent_in_clear);
        self.elsewhere.token.clone().filter(|_| is_sent).map(Authorization::Bearer)
    }

    fn client_for(&self, url: &Url) -> Result<&Client, String> {
        if url.scheme() == "https" { self.secure_client() } else { Ok(&self.plain) }
    }

    fn secure_client(&self) -> Result<&Client, String> {
        let authorities = self.elsewhere.authorities.as_deref();
        let client = self.secure.get_or_init(|| finish(tls_client(authorities)?));
        client.as_ref().map_err(Clone::clone)
    }
}

fn finish(builder: ClientBuilder) -> Result<Client, String> {
    builder
        .user_agent(concat!("mephisto-metrics-store/", env!("CARGO_PKG_VERSION")))
        // A target is what its file says: neither a proxy of the environment nor a redirect.
        .no_proxy()
        .redirect(Policy::none())
        .build()
        .map_err(|error| chain(&error))
}

/// Why nothing was fetched.
enum Failure {
    Status(StatusCode),
    Other(String),
}

impl Failure {
    fn text(self) -> String {
        match self {
            Self::Status(status) => format!("the server answered HTTP status {status}"),
            Self::Other(text) => text,
        }
    }
}

async fn fetch(request: RequestBuilder, time_limit: Duration) -> Result<String, Failure> {
    match tokio::time::timeout(time_limit, answer(request)).await {
        Ok(fetched) => fetched,
        Err(_) => Err(Failure::Other(format!("no answer within {time_limit:?}"))),
    }
}

async fn answer(request: RequestBuilder) -> Result<String, Failure> {
    let response = request.send().await.map_err(|error| Failure::Other(reason(error)))?;
    if !response.status().is_success() {
        return Err(Failure::Status(response.status()));
    }
    let body = body(response).await.map_err(Failure::Other)?;
    String::from_utf8(body).map_err(|_| Failure::Other("the answer is not UTF-8".to_owned()))
}

/// Without the address, which may hold a secret: who logs the reason says whom it is about.
fn reason(error: reqwest::Error) -> String {
    chain(&error.without_url())
}

async fn body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(reason)? {
        body.extend_from_slice(&part);
        if body.len() > BODY_LIMIT_BYTES {
            return Err(format!("the answer is larger than {BODY_LIMIT_BYTES} bytes"));
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::HeaderMap;
    use axum::response::Redirect;
    use axum::routing::get;

    use super::*;
    use crate::http::Secret;

    /// What the server's `path` gives.
    async fn fetched(path: &str) -> Result<String, String> {
        fetched_as(path, Origin::Home, &Elsewhere::default()).await
    }

    async fn fetched_as(
        path: &str,
        origin: Origin,
        elsewhere: &Elsewhere,
    ) -> Result<String, String> {
        let router = Router::new()
            .route("/large", get(async || vec![b'#'; BODY_LIMIT_BYTES + 1]))
            .route("/bytes", get(async || vec![0xff_u8]))
            .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
            .route("/elsewhere", get(async || Redirect::to("/metrics")))
            .route("/silent", get(std::future::pending::<()>))
            .route("/closed", get(async || StatusCode::UNAUTHORIZED))
            .route("/accept", get(async |headers: HeaderMap| format!("{headers:?}")));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let labels = [("__metrics_path__".to_owned(), path.to_owned())];
        let target = Target::new(&address, labels, origin).unwrap();
        let server = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        let limit = Duration::from_millis(if path == "/silent" { 100 } else { 20_000 });
        let fetched = Fetcher::new(limit, elsewhere).unwrap().scrape(&target).await;
        server.abort();
        fetched
    }

    #[tokio::test]
    async fn what_is_no_exposition_is_told_from_one() {
        for (path, told) in [
            ("/large", "larger than 67108864 bytes"),
            ("/bytes", "not UTF-8"),
            ("/broken", "HTTP status 500"),
            ("/elsewhere", "HTTP status 303"),
            ("/silent", "no answer within 100ms"),
        ] {
            let error = fetched(path).await.unwrap_err();
            assert!(error.contains(told), "{path}: {error}");
        }
    }

    #[tokio::test]
    async fn the_text_format_is_asked_for_and_may_be_packed() {
        let headers = fetched("/accept").await.unwrap();
        assert!(headers.contains("text/plain;version=0.0.4"), "{headers}");
        assert!(headers.contains("\"accept-encoding\": \"gzip\""), "{headers}");
    }

    #[tokio::test]
    async fn the_token_is_sent_to_targets_of_other_machines_alone() {
        let token = Some(Secret::Text("of the fleet".into()));
        let elsewhere = Elsewhere { token, ..Elsewhere::default() };
        let sent = fetched_as("/accept", Origin::Elsewhere, &elsewhere).await.unwrap();
        assert!(sent.contains("Bearer of the fleet"), "{sent}");
        let sent = fetched_as("/accept", Origin::Home, &elsewhere).await.unwrap();
        assert!(!sent.contains("Bearer"), "{sent}");
        let refused = fetched_as("/closed", Origin::Elsewhere, &elsewhere).await.unwrap_err();
        assert_eq!(refused, "the server answered HTTP status 401 Unauthorized");
    }

    #[test]
    fn the_token_is_not_sent_where_others_can_read_it() {
        let token = Some(Secret::Text("of the fleet".into()));
        for (address, scheme, is_token_sent_in_clear, is_sent) in [
            ("host:1", "http", false, false),
            ("10.0.0.1:1", "http", false, false),
            ("host:1", "http", true, true),
            ("host:1", "https", false, true),
            ("localhost:1", "http", false, true),
            ("127.0.0.2:1", "http", false, true),
            ("[::1]:1", "http", false, true),
        ] {
            let token = token.clone();
            let elsewhere = Elsewhere { token, is_token_sent_in_clear, ..Elsewhere::default() };
            let fetcher = Fetcher::new(LIST_LIMIT, &elsewhere).unwrap();
            let labels = [("__scheme__".to_owned(), scheme.to_owned())];
            let target = Target::new(address, labels, Origin::Elsewhere).unwrap();
            let url = Url::parse(&target.scrape_url()).unwrap();
            assert_eq!(fetcher.token_for(&target, &url).is_some(), is_sent, "{url}");
        }
    }

    #[test]
    fn authorities_that_cannot_be_read_are_named_at_once() {
        let authorities = Some("/no/such/file".into());
        let elsewhere = Elsewhere { authorities, ..Elsewhere::default() };
        let error = Fetcher::new(LIST_LIMIT, &elsewhere).unwrap_err();
        assert!(error.contains("/no/such/file"), "{error}");
    }
}
