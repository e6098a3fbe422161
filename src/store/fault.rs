//! A fault that lasts is said once, not each time it is met.

use parking_lot::Mutex;

/// What is wrong with one thing at present, if anything.
#[derive(Debug, Default)]
pub struct Fault(Mutex<Option<String>>);

impl Fault {
    /// Notes a fault; true if it is new or has changed, and so should be logged.
    pub fn begin(&self, text: &str) -> bool {
        let kind = kind(text);
        self.0.lock().replace(kind.clone()) != Some(kind)
    }

    /// Notes that all is well; true if it was not before, and so should be logged.
    pub fn end(&self) -> bool {
        self.0.lock().take().is_some()
    }
}

/// A fault in words that stay the same for as long as it lasts: numbers in them are times, ports or
/// places, and others each time.
pub fn kind(text: &str) -> String {
    text.replace(|letter: char| letter.is_ascii_digit(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_said_when_it_begins_changes_and_ends() {
        let fault = Fault::default();
        assert!(!fault.end());
        assert!(fault.begin("full"));
        assert!(!fault.begin("full"));
        assert!(fault.begin("gone"));
        assert!(fault.end());
        assert!(!fault.end());
        assert!(fault.begin("gone"));
    }

    #[test]
    fn a_fault_that_lasts_is_the_same_whatever_the_time() {
        let fault = Fault::default();
        assert!(fault.begin("certificate expired: 9 seconds ago"));
        assert!(!fault.begin("certificate expired: 10 seconds ago"));
        assert!(fault.begin("certificate not valid yet: in 10 seconds"));
    }
}
