//! What a test logs.

use std::io::{self, Write};
use std::sync::{Arc, Once};

use parking_lot::Mutex;
use tracing_subscriber::fmt;

/// Everything that `work` logs on this thread, a line for each event.
pub fn logged(work: impl FnOnce()) -> String {
    listen_on_all_threads();
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        fmt().with_ansi(false).without_time().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, work);
    String::from_utf8(lines.0.lock().clone()).unwrap()
}

/// `tracing` remembers of each place that logs whether anybody listens, and asks only the thread that
/// comes there first: it may be that of a test that does not.
fn listen_on_all_threads() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = fmt().with_writer(io::sink).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
