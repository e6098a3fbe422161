//! Whether somebody has taken the metrics: for who must not end before the last values are taken.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use tokio::sync::watch;

/// How many scrapes of this process have begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// The number of the latest scrape that was taken to its end, counted from 1.
static TAKEN: LazyLock<watch::Sender<u64>> = LazyLock::new(|| watch::Sender::new(0));

/// Resolves when a scrape that begins from now on has been taken to its end, from any server of
/// this process. "Now" is the call, not the first time that the future is asked.
pub fn next_scrape() -> impl Future<Output = ()> + Send {
    let begun = BEGUN.load(Ordering::SeqCst);
    let mut taken = TAKEN.subscribe();
    async move {
        // The sender is a static and never dropped.
        let _ = taken.wait_for(|taken| *taken > begun).await;
    }
}

/// One scrape that has begun.
pub struct Scrape(u64);

impl Scrape {
    /// Begins; to be called before the first value is read.
    pub fn begin() -> Self {
        Self(BEGUN.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// The same body, whose last byte ends the scrape.
    pub fn ended_by(self, body: Body) -> Body {
        Body::new(Watched { body, scrape: self, is_read: false })
    }
}

struct Watched {
    body: Body,
    scrape: Scrape,
    is_read: bool,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        self.is_read |= matches!(frame, Poll::Ready(None));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    /// The connection drops a body when all of it is written, or when the scraper has gone.
    fn drop(&mut self) {
        if self.is_read || self.body.is_end_stream() {
            let Scrape(number) = self.scrape;
            TAKEN.send_modify(|taken| *taken = (*taken).max(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In one test, because all scrapes of a process are counted together.
    #[tokio::test]
    async fn only_a_scrape_that_begins_later_and_is_read_to_its_end_counts() {
        let earlier = Scrape::begin();
        let mut waiting = Box::pin(next_scrape());
        let mut is_done = async || {
            tokio::select! { biased; () = &mut waiting => true, () = async {} => false }
        };
        read(earlier.ended_by(Body::from("earlier"))).await;
        assert!(!is_done().await);
        drop(Scrape::begin().ended_by(Body::from("thrown away")));
        assert!(!is_done().await);
        read(Scrape::begin().ended_by(Body::from("later"))).await;
        assert!(is_done().await);
    }

    async fn read(body: Body) {
        axum::body::to_bytes(body, usize::MAX).await.unwrap();
    }
}
