//! A server on a thread of its own.
//!
//! The thread is not one of Python's: it never holds the interpreter open, needs no GIL, and dies
//! with the process.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, RawFd};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime;
use tokio::sync::watch;

/// How long a service that ends waits for work on its blocking threads.
const LONGEST_STOP: Duration = Duration::from_secs(10);

/// Tells a running service, and each of its tasks, that it should end.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Resolves when the service is asked to stop, or when its owner is gone.
    pub async fn requested(mut self) {
        // An error means that the sender was dropped, which asks for the same.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// A server that runs on its own thread until it is stopped or the process ends.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    descriptor: RawFd,
    stop: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Service {
    /// Binds `host:port` (port 0: any free one), then runs `run` on a thread called `name`.
    ///
    /// The address is bound when this returns, so "address in use" is an error here and never a
    /// line in a log. `threads` is the number of the runtime's worker threads.
    pub fn start<Run, Running>(
        name: &str,
        host: &str,
        port: u16,
        threads: usize,
        run: Run,
    ) -> io::Result<Self>
    where
        Run: FnOnce(tokio::net::TcpListener, Shutdown) -> Running + Send + 'static,
        Running: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((host, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let descriptor = listener.as_raw_fd();
        let (stop, stopped) = watch::channel(false);
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name(name)
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async move {
                match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => run(listener, Shutdown(stopped)).await,
                    Err(error) => unreachable!("a bound, non-blocking listener: {error}"),
                }
            });
            runtime.shutdown_timeout(LONGEST_STOP);
        })?;
        Ok(Self { address, descriptor, stop, thread: Mutex::new(Some(thread)) })
    }

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The descriptor of the listening socket, open while the server runs.
    pub fn listener_descriptor(&self) -> RawFd {
        self.descriptor
    }

    /// Asks the server to end, and does not wait.
    pub fn ask_to_stop(&self) {
        let _ = self.stop.send(true);
    }

    /// Asks the server to end and waits until it has. A second call does nothing.
    pub fn stop(&self) {
        self.ask_to_stop();
        if let Some(thread) = self.thread.lock().take() {
            // A panic in the server has been printed by its own thread already.
            let _ = thread.join();
        }
    }
}
