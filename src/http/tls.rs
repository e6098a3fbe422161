//! TLS for a server: its certificate, whom it lets in, and the handshake.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::server::TlsStream;

/// How long a client has for its part of a handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// Why TLS can not be set up.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file can not be read, or has not what it should have.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// A file without a certificate.
    #[error("no certificate found in {0}")]
    NoCertificate(PathBuf),
    /// Nobody could be let in.
    #[error("no certificate of an authority found")]
    NoAuthority,
    /// Neither 1.2 nor 1.3 is left.
    #[error("no TLS version is left: expected a range with 1.2 or 1.3 in it")]
    NoVersion,
    /// A certificate and a key that are no pair, for one.
    #[error(transparent)]
    Refused(#[from] rustls::Error),
    /// Certificates of an authority that are none.
    #[error(transparent)]
    Authority(#[from] VerifierBuilderError),
}

impl TlsError {
    /// Whether it is the fault of the files that say who is let in.
    pub fn is_of_authorities(&self) -> bool {
        matches!(self, Self::NoAuthority | Self::Authority(_))
    }

    /// What the system says about a file.
    pub fn as_io(&self) -> Option<&io::Error> {
        match self {
            Self::Unreadable { source: pem::Error::Io(error), .. } => Some(error),
            _ => None,
        }
    }
}

/// Which versions of TLS a server speaks.
#[derive(Clone, Copy, Debug)]
pub struct TlsVersions {
    /// Version 1.2.
    pub has_1_2: bool,
    /// Version 1.3.
    pub has_1_3: bool,
}

impl TlsVersions {
    fn list(self) -> Vec<&'static SupportedProtocolVersion> {
        let known = [(self.has_1_2, &TLS12), (self.has_1_3, &TLS13)];
        known.into_iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, version)| version).collect()
    }
}

/// A server's side of TLS.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// With the certificate chain and the private key of two PEM files. With `authorities`, files
    /// or folders of PEM files, only clients with a certificate of one of them are let in.
    pub fn new(
        certificate: &Path,
        key: &Path,
        authorities: Option<&[PathBuf]>,
        versions: TlsVersions,
    ) -> Result<Self, TlsError> {
        let versions = versions.list();
        if versions.is_empty() {
            return Err(TlsError::NoVersion);
        }
        let chain = certificates(certificate)?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions)?;
        let builder = match authorities {
            Some(paths) => {
                let roots = Arc::new(roots(paths)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build()?)
            }
            None => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(chain, key)?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// The connection, once client and server know each other; nothing if they do not in time.
    pub(super) async fn shake_hands(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        tokio::time::timeout(HANDSHAKE_LIMIT, self.0.accept(stream)).await.ok()?.ok()
    }
}

fn roots(paths: &[PathBuf]) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for path in paths.iter().flat_map(|path| files(path)) {
        // As OpenSSL does, what is no certificate in a folder of them is passed over.
        store.add_parsable_certificates(certificates(&path).unwrap_or_default());
    }
    if store.is_empty() { Err(TlsError::NoAuthority) } else { Ok(store) }
}

fn files(path: &Path) -> Vec<PathBuf> {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path.to_owned()],
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = found.map_err(unreadable(path))?;
    if found.is_empty() {
        return Err(TlsError::NoCertificate(path.to_owned()));
    }
    Ok(found)
}

fn unreadable(path: &Path) -> impl FnOnce(pem::Error) -> TlsError {
    move |source| TlsError::Unreadable { path: path.to_owned(), source }
}
