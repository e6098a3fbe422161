//! What the three HTTP servers (exposition, store, page) share: a listener that is bound before
//! anything runs, and a thread of their own that serves until it is told to stop.

mod address;
mod authentication;
mod client;
mod connections;
mod credentials;
mod guard;
mod secret;
mod service;
mod store_access;
mod tls;

pub use address::shown;
pub use authentication::guard_credentials;
pub use client::{beginning, chain, choose_cryptography, is_loopback, plain_client, tls_client};
pub use connections::serve;
pub use credentials::Authorization;
pub use secret::Secret;
pub use service::{Service, Shutdown};
pub use store_access::StoreAccess;
pub use tls::{Tls, TlsError, TlsVersions};
