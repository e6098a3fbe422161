//! Answers connections, each on a task of its own and not too many at once.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::guard::guard_host;
use super::service::Shutdown;
use super::tls::Tls;

/// How long a server that ends waits for answers that are under way.
const LONGEST_GOODBYE: Duration = Duration::from_secs(1);

/// What strangers may take of a process that has other work too.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Each takes a file descriptor, of which a process often has 1,024; who comes later waits.
    connections: usize,
    /// How long a connection may be open without a whole request. No usual interval of scrapes: a
    /// request that meets the closing of its connection is lost.
    silence: Duration,
}

const LIMITS: Limits = Limits { connections: 128, silence: Duration::from_secs(100) };

/// Serves `router` on `listener`, over TLS if it is given, until `shutdown` is requested; answers
/// that are under way then have `LONGEST_GOODBYE` to be sent.
///
/// On loopback only requests for `localhost` or an address are answered (see `guard`).
pub async fn serve(listener: TcpListener, tls: Option<Tls>, router: Router, shutdown: Shutdown) {
    serve_within(LIMITS, listener, tls, router, shutdown).await;
}

async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    shutdown: Shutdown,
) {
    let is_loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let router = if is_loopback { guard_host(router) } else { router };
    let server = Arc::new(Server { limits, tls, router });
    let under_way = GracefulShutdown::new();
    tokio::select! {
        () = server.accept_all(listener, &under_way) => {}
        () = shutdown.requested() => {}
    }
    tokio::select! {
        () = under_way.shutdown() => {}
        () = tokio::time::sleep(LONGEST_GOODBYE) => {}
    }
}

struct Server {
    limits: Limits,
    tls: Option<Tls>,
    router: Router,
}

impl Server {
    async fn accept_all(self: &Arc<Self>, mut listener: TcpListener, under_way: &GracefulShutdown) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            // axum's own `accept`, which knows the errors that pass.
            let (stream, _) = Listener::accept(&mut listener).await;
            let (server, watcher) = (Arc::clone(self), under_way.watcher());
            tokio::spawn(async move {
                server.answer(stream, watcher).await;
                drop(place);
            });
        }
    }

    async fn answer(&self, stream: TcpStream, watcher: Watcher) {
        // Else the end of an answer waits for the other side to confirm its beginning: 40 ms.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.answer_on(stream, watcher).await,
            Some(tls) => {
                if let Some(stream) = tls.shake_hands(stream).await {
                    self.answer_on(stream, watcher).await;
                }
            }
        }
    }

    async fn answer_on<Io>(&self, io: Io, watcher: Watcher)
    where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.silence)
            .serve_connection(TokioIo::new(io), TowerToHyperService::new(self.router.clone()));
        // How a connection ends is its client's affair.
        let _ = watcher.watch(connection).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::Service;
    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

    fn served(limits: Limits) -> Service {
        let router = Router::new().fallback(async || "answered");
        Service::start("limited", "127.0.0.1", 0, 1, move |listener, shutdown| {
            serve_within(limits, listener, None, router, shutdown)
        })
        .unwrap()
    }

    async fn text_of(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    async fn stop(service: Service) {
        tokio::task::spawn_blocking(move || service.stop()).await.unwrap();
    }

    #[tokio::test]
    async fn a_connection_without_a_whole_request_is_closed() {
        let service = served(Limits { silence: Duration::from_millis(100), ..LIMITS });
        for begun in [&b""[..], b"GET / HTTP/1.1\r\nhost:"] {
            let mut stream = TcpStream::connect(service.address()).await.unwrap();
            stream.write_all(begun).await.unwrap();
            assert_eq!(text_of(stream).await, "");
        }
        stop(service).await;
    }

    #[tokio::test]
    async fn who_comes_while_all_places_are_taken_is_answered_once_one_is_free() {
        let service = served(Limits { connections: 1, ..LIMITS });
        let silent = TcpStream::connect(service.address()).await.unwrap();
        let mut second = TcpStream::connect(service.address()).await.unwrap();
        second.write_all(REQUEST).await.unwrap();
        let is_answered = tokio::time::timeout(Duration::from_millis(200), second.readable()).await;
        assert!(is_answered.is_err(), "two connections are answered at once");
        drop(silent);
        assert!(text_of(second).await.ends_with("answered"));
        stop(service).await;
    }
}
