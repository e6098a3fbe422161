//! Operators on other machines: where the store learns of them, and as whom it asks them.

use std::path::PathBuf;

use reqwest::Url;

use crate::http::Secret;

/// Where targets on other machines are found, and what they need. By default there are none.
#[derive(Clone, Debug, Default)]
pub struct Elsewhere {
    /// `file_sd` files, and folders of them.
    pub files: Vec<PathBuf>,
    /// Addresses of `http_sd` lists.
    pub lists: Vec<Url>,
    /// What lets the store in. It is sent to these targets only, not to whoever lists them.
    pub token: Option<Secret>,
    /// The authorities whose certificates targets and lists may have, else those of the system.
    pub authorities: Option<PathBuf>,
    /// Whether the token may be sent where everybody on the way can read it.
    pub is_token_sent_in_clear: bool,
}
