//! A fault that lasts is said once, not each time it is met.

use parking_lot::Mutex;

/// What is wrong with one thing at present, if anything.
#[derive(Debug, Default)]
pub struct Fault(Mutex<Option<String>>);

impl Fault {
    /// Notes a fault; true if it is new or has changed, and so should be logged.
    pub fn begin(&self, text: &str) -> bool {
        let mut current = self.0.lock();
        let is_new = current.as_deref() != Some(text);
        if is_new {
            *current = Some(text.to_owned());
        }
        is_new
    }

    /// Notes that all is well; true if it was not before, and so should be logged.
    pub fn end(&self) -> bool {
        self.0.lock().take().is_some()
    }
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
}
