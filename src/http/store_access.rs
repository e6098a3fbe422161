//! How a store elsewhere is asked, whoever asks it: as whom, trusting whom, and by which way.

use std::path::PathBuf;

use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, RequestBuilder, Url};

use super::client::{is_loopback, plain_client, tls_client};
use super::credentials::Authorization;

/// How a store lets us in.
#[derive(Clone, Debug, Default)]
pub struct StoreAccess {
    /// Who we are to the store.
    pub authorization: Authorization,
    /// Whose series are meant, where a store has those of several.
    pub tenant: Option<String>,
    /// A file of certificates, of which one must have signed the store's; else the system's are
    /// trusted.
    pub authorities: Option<PathBuf>,
}

impl StoreAccess {
    /// What is wrong with it, if anything, in words for who has set it.
    pub fn check(&self) -> Result<(), String> {
        match self.tenant.as_deref().map(HeaderValue::from_str) {
            Some(Err(_)) => Err("the tenant of the store must be one line of text".to_owned()),
            _ => Ok(()),
        }
    }

    /// Whether what it sends is nobody else's business.
    pub fn has_secret(&self) -> bool {
        !matches!(self.authorization, Authorization::Nobody)
    }

    /// A client for the store at `url`.
    ///
    /// It goes through the proxy that the environment names, unless the store is on this machine. A
    /// redirect would take the credentials along to whom they were not given.
    pub fn client(&self, url: &Url) -> Result<ClientBuilder, String> {
        let is_local = is_loopback(url);
        let client = if is_local && url.scheme() == "http" {
            plain_client()
        } else {
            tls_client(self.authorities.as_deref())?
        };
        let client = if is_local { client.no_proxy() } else { client };
        Ok(client.redirect(Policy::none()))
    }

    /// The request with what lets it in.
    pub async fn add_to(&self, request: RequestBuilder) -> Result<RequestBuilder, String> {
        let request = self.authorization.add_to(request).await?;
        Ok(match &self.tenant {
            Some(tenant) => request.header("X-Scope-OrgID", tenant),
            None => request,
        })
    }
}
