//! Refuses requests that a stranger's web page sends through the user's browser.
//!
//! A server on loopback is reached by name too: a hostile page can point a name of its own at
//! 127.0.0.1 (DNS rebinding) and would then read the answers. Its requests carry that name as
//! `Host`, so only the names that a user types are let through.

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

/// Lets through only requests for `bound_host` or a name of the loopback interface.
///
/// A server that is bound to every interface answers under names that nobody here knows, so there
/// it lets through all.
pub fn guard_host(router: Router, bound_host: &str) -> Router {
    if bound_host.parse().is_ok_and(|address: IpAddr| address.is_unspecified()) {
        return router;
    }
    let bound_host = bound_host.to_owned();
    router.layer(from_fn(move |request: Request, next: Next| {
        let allowed = is_allowed(host_of(&request), &bound_host);
        async move { if allowed { next.run(request).await } else { refusal() } }
    }))
}

fn host_of(request: &Request) -> &str {
    let host = request.headers().get(header::HOST);
    host.and_then(|host| host.to_str().ok()).unwrap_or_default()
}

fn is_allowed(host: &str, bound_host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == bound_host
        || name == "localhost"
        || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn refusal() -> Response {
    let text = "Forbidden: this server answers under its own address or localhost only\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_the_bound_host_are_let_through() {
        for host in ["127.0.0.1:3032", "localhost", "localhost:9090", "[::1]:3032", "10.1.2.3:3032"]
        {
            assert!(is_allowed(host, "10.1.2.3"), "{host}");
        }
        for host in
            ["", "evil.example", "evil.example:3032", "10.1.2.4:3032", "localhost.evil.example"]
        {
            assert!(!is_allowed(host, "10.1.2.3"), "{host}");
        }
    }
}
