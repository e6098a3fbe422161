//! Refuses requests that a stranger's web page sends through the user's browser.
//!
//! A server on loopback is reached by name too: a hostile page can point a name of its own at
//! 127.0.0.1 (DNS rebinding) and would then read the answers. Its requests carry that name as
//! `Host`; those of a user carry `localhost` or an address, for which no name was looked up.

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use reqwest::Url;

/// Lets through only requests for `localhost` or for an address.
///
/// For servers on loopback: one that others are meant to reach has names that nobody here knows.
pub fn guard_host(router: Router) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        // No browser leaves the header out.
        if host.is_none_or(is_own_name) { next.run(request).await } else { refusal() }
    }))
}

fn is_own_name(host: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}")) else { return false };
    let name = url.host_str().unwrap_or_default();
    name == "localhost" || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

fn refusal() -> Response {
    let text = "Forbidden: this server answers to localhost or its address only\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_localhost_and_addresses_are_let_through() {
        for host in ["127.0.0.1:3032", "localhost", "localhost:9090", "[::1]:3032", "10.1.2.3:80"] {
            assert!(is_own_name(host), "{host}");
        }
        for host in ["", "evil.example", "evil.example:3032", "localhost.evil.example", "a b"] {
            assert!(!is_own_name(host), "{host}");
        }
    }
}
