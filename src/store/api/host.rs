//! Refuses requests under a stranger's name: a page on the web can have its own name point at
//! 127.0.0.1, and would read the answers as its own ("DNS rebinding").

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use reqwest::Url;

/// Lets a request pass if it asks for a loopback name or for the host that was bound.
pub async fn check(State(own_host): State<Arc<str>>, request: Request, next: Next) -> Response {
    let asked = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    match asked {
        Some(asked) if !is_ours(asked, &own_host) => {
            let message = format!("{asked:?} is no name of this server; ask for {own_host:?}\n");
            (StatusCode::FORBIDDEN, message).into_response()
        }
        _ => next.run(request).await,
    }
}

/// Any address is ours, for no name had to be looked up to get here.
fn is_ours(asked: &str, own_host: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{asked}")) else { return false };
    let name = url.host_str().unwrap_or_default();
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    is_address || name == "localhost" || name.eq_ignore_ascii_case(own_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_own_names_pass_and_others_do_not() {
        for ours in ["127.0.0.1:9090", "localhost:9090", "[::1]:9090", "store.lan:9090"] {
            assert!(is_ours(ours, "store.lan"), "{ours}");
        }
        for theirs in ["evil.example:9090", "localhost.evil.example", "127.0.0.1.evil.example"] {
            assert!(!is_ours(theirs, "store.lan"), "{theirs}");
        }
    }
}
