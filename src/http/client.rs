//! Where each HTTP client begins.

use std::error::Error;
use std::net::IpAddr;
use std::path::Path;

use reqwest::{Certificate, Client, ClientBuilder, Response, Url};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How much of an answer is read for its reason.
const BEGINNING_BYTES: usize = 16 * 1024;

/// A client for plain HTTP: no certificate of the system is read for it.
pub fn plain_client() -> ClientBuilder {
    choose_cryptography();
    let config = ClientConfig::builder()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().tls_backend_preconfigured(config)
}

/// A client for HTTPS too. It trusts the authorities in that file, else those of the system.
pub fn tls_client(authorities: Option<&Path>) -> Result<ClientBuilder, String> {
    choose_cryptography();
    let Some(path) = authorities else { return Ok(Client::builder()) };
    let unusable = |why: &dyn std::fmt::Display| {
        format!("the certificates in {} cannot be used: {why}", path.display())
    };
    let pem = std::fs::read(path).map_err(|error| unusable(&error))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| unusable(&error))?;
    if certificates.is_empty() {
        return Err(unusable(&"there are none in PEM format"));
    }
    Ok(Client::builder().tls_certs_only(certificates))
}

/// Whether a server is on this machine, by what its address says: no name is looked up.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// For the whole process; a second time changes nothing. Whoever makes a client by itself calls it.
pub fn choose_cryptography() {
    let _ = default_provider().install_default();
}

/// The first of an answer's text, which says why something failed; who answers may be anybody.
pub async fn beginning(mut response: Response) -> String {
    let mut body = Vec::new();
    while body.len() < BEGINNING_BYTES {
        let Ok(Some(part)) = response.chunk().await else { break };
        body.extend_from_slice(&part);
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// An error with its causes: the outermost alone says only that a request failed.
pub fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
