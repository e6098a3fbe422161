//! What was last read of files that may not answer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::store::fault::Fault;
use crate::store::target::Target;

/// How often they are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long a read may take before that is told.
const LONGEST_READ: Duration = Duration::from_secs(10);

/// Targets as they were last read, on a thread that reads nothing else: where a shared disk's
/// server is gone, a read may wait forever. It is none of the runtime's threads, because a runtime
/// that ends waits for those.
#[derive(Debug)]
pub struct LastRead {
    path: PathBuf,
    last: Arc<Mutex<Last>>,
    fault: Fault,
}

#[derive(Debug)]
struct Last {
    targets: BTreeSet<Target>,
    /// When the last read began, which may be under way.
    begun: Instant,
}

impl LastRead {
    /// Reads what is at `path` again and again from now on, until this is dropped.
    pub fn begin(path: &Path, read: impl FnMut() -> BTreeSet<Target> + Send + 'static) -> Self {
        let last = Last { targets: BTreeSet::new(), begun: Instant::now() };
        let last = Arc::new(Mutex::new(last));
        let shared = Arc::downgrade(&last);
        let thread = thread::Builder::new().name("targets".to_owned());
        if let Err(error) = thread.spawn(move || keep_up_to_date(&shared, read)) {
            tracing::error!("the targets of {} are not read: {error}", path.display());
        }
        Self { path: path.to_owned(), last, fault: Fault::default() }
    }

    /// The targets as they were last read. A read that does not end is logged once.
    pub fn targets(&self) -> BTreeSet<Target> {
        self.tell_of_a_read_longer_than(LONGEST_READ);
        self.last.lock().targets.clone()
    }

    fn tell_of_a_read_longer_than(&self, limit: Duration) {
        let path = self.path.display();
        if self.last.lock().begun.elapsed() <= limit {
            if self.fault.end() {
                tracing::info!("the targets of {path} are read again");
            }
        } else if self.fault.begin("no answer") {
            tracing::warn!(
                "the targets of {path} cannot be read: no answer within {limit:?}; the targets \
                 found so far are scraped meanwhile"
            );
        }
    }
}

fn keep_up_to_date(shared: &Weak<Mutex<Last>>, mut read: impl FnMut() -> BTreeSet<Target>) {
    while let Some(last) = shared.upgrade() {
        last.lock().begun = Instant::now();
        // Not held by a read, which may never end.
        drop(last);
        let targets = read();
        if let Some(last) = shared.upgrade() {
            last.lock().targets = targets;
        }
        thread::sleep(INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::store::target::Origin;
    use crate::store::test_log::logged;

    #[test]
    fn what_was_read_last_is_there_while_a_read_does_not_end() {
        let (answer, answers) = mpsc::channel();
        let last = LastRead::begin(Path::new("/net"), move || answers.recv().unwrap_or_default());
        assert!(last.targets().is_empty());
        let found = BTreeSet::from([Target::new("one:1", [], Origin::Elsewhere).unwrap()]);
        answer.send(found.clone()).unwrap();
        while last.targets() != found {
            thread::yield_now();
        }
    }

    #[test]
    fn a_read_that_does_not_end_is_told_once_and_so_is_its_end() {
        let (_never, answers) = mpsc::channel();
        let last = LastRead::begin(Path::new("/net"), move || answers.recv().unwrap_or_default());
        let log = logged(|| {
            for limit in [Duration::MAX, Duration::ZERO, Duration::ZERO, Duration::MAX] {
                last.tell_of_a_read_longer_than(limit);
            }
        });
        assert_eq!(log.lines().count(), 2, "{log}");
        assert!(log.contains("the targets of /net cannot be read: no answer"), "{log}");
        assert!(log.contains("the targets of /net are read again"), "{log}");
    }

    #[test]
    fn what_nobody_asks_any_more_is_not_read_again() {
        let (begun, begins) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        let last = LastRead::begin(Path::new("/net"), move || {
            begun.send(()).unwrap();
            answers.recv().unwrap_or_default()
        });
        begins.recv().unwrap();
        drop(last);
        answer.send(BTreeSet::new()).unwrap();
        assert!(begins.recv().is_err());
    }
}
