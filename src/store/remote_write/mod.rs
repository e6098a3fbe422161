//! Remote write: every sample that the store keeps is sent to another store too.
//!
//! `wire` makes blocks of samples, which wait in the storage's queue; `sender` takes them from there
//! to the `receiver`, after each failure with a `back_off`.

mod back_off;
mod counters;
mod receiver;
mod sender;
#[cfg(test)]
mod test_receiver;
#[cfg(test)]
mod tests;
mod wire;

use reqwest::Url;

pub use counters::RemoteWriteCounters;
pub use receiver::Receiver;
pub use sender::Sender;

use super::storage::QueueOptions;
use crate::http::StoreAccess;
use crate::model::{Labels, is_label_name};

/// What may wait on the disk if nothing else is said: a day of an Operator with 2,000 series.
const QUEUE_LIMIT_BYTES: u64 = 512 * 1024 * 1024;

/// Less has no room for the scrapes of a second.
const SMALLEST_QUEUE_LIMIT_BYTES: u64 = 1024 * 1024;

/// Where samples are sent, and as whom.
#[derive(Clone, Debug)]
pub struct RemoteWriteOptions {
    /// Such as `https://mimir.example/api/v1/push`.
    pub url: Url,
    /// How the receiver lets the store in.
    pub access: StoreAccess,
    /// What tells this store's series from those of another, for those without such a label.
    pub external_labels: Labels,
    /// How much may wait on the disk; then the oldest go.
    pub queue_limit_bytes: u64,
}

impl RemoteWriteOptions {
    /// A receiver that asks for no credentials.
    pub fn new(url: &str) -> Result<Self, String> {
        Ok(Self {
            url: checked(url)?,
            access: StoreAccess::default(),
            external_labels: Labels::default(),
            queue_limit_bytes: QUEUE_LIMIT_BYTES,
        })
    }

    /// What is wrong with them, if anything, in words for who has set them.
    pub fn check(&self) -> Result<(), String> {
        if self.queue_limit_bytes < SMALLEST_QUEUE_LIMIT_BYTES {
            return Err(format!(
                "the queue for remote write needs {SMALLEST_QUEUE_LIMIT_BYTES} bytes or more"
            ));
        }
        if let Some((name, _)) = self.external_labels.iter().find(|(name, _)| !is_label_name(name))
        {
            return Err(format!("{name:?} is not a label name"));
        }
        self.access.check()
    }

    /// How the samples wait until they are sent.
    pub fn queue(&self) -> QueueOptions {
        QueueOptions {
            limit_bytes: self.queue_limit_bytes,
            external_labels: self.external_labels.clone(),
            encode: wire::block,
        }
    }
}

/// Credentials in an address would be seen by all that see the address. It is not repeated in what is
/// said of that.
fn checked(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| {
        format!("the address for remote write is none: {error}; expected http://host:port/path")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address for remote write must not hold credentials".to_owned());
    }
    if !["http", "https"].contains(&url.scheme()) {
        let scheme = url.scheme();
        return Err(format!("the address for remote write is {scheme}:, expected http or https"));
    }
    Ok(url)
}
