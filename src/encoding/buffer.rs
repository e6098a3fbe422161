//! Memory that one exposition leaves for the next.
//!
//! A scrape comes every few seconds and is as large as the one before. Fresh memory costs more than
//! the text that is written into it, because the system has to map each page.

use std::ops::Deref;

use parking_lot::Mutex;

/// How many buffers are kept: the text of one exposition, and what comes behind a family.
const KEPT: usize = 2;

/// A larger buffer is given back to the system.
const LARGEST_KEPT_BYTES: usize = 64 << 20;

static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// An empty buffer, if possible one that has its memory already.
pub(super) fn take() -> Vec<u8> {
    // Never waits: after a fork the holder may be a thread that this process does not have.
    SPARE.try_lock().and_then(|mut spare| spare.pop()).unwrap_or_default()
}

/// The same as text.
pub(super) fn take_text() -> String {
    String::from_utf8(take()).unwrap_or_default()
}

/// Keeps a buffer for the next exposition.
pub(super) fn give_back(mut buffer: Vec<u8>) {
    if buffer.capacity() > LARGEST_KEPT_BYTES {
        return;
    }
    buffer.clear();
    let Some(mut spare) = SPARE.try_lock() else { return };
    spare.push(buffer);
    // The largest is taken first, by the text.
    spare.sort_unstable_by_key(Vec::capacity);
    if spare.len() > KEPT {
        spare.remove(0);
    }
}

/// An exposition, whose memory is kept for the next one when nobody needs it any more.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Encoded(Vec<u8>);

impl Encoded {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Deref for Encoded {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Encoded {
    fn drop(&mut self) {
        give_back(std::mem::take(&mut self.0));
    }
}
