//! Addresses in what people read.

use reqwest::Url;

/// An address without what may be secret in it: no user, no password, no query.
pub fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail only where there is no host, and so nobody to log in.
    let _ = shown.set_username("").and_then(|()| shown.set_password(None));
    shown.set_query(None);
    shown.set_fragment(None);
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let shown = |text: &str| shown(&Url::parse(text).unwrap());
        let full = "https://me:hidden@[::1]:8443/fleet.json?token=hidden#hidden";
        assert_eq!(shown(full), "https://[::1]:8443/fleet.json");
        assert_eq!(shown("http://host?hidden"), "http://host/");
    }
}
