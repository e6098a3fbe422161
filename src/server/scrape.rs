//! One scrape: all that the contents have, in one format.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::contents::{Contents, Part, Source};
use crate::encoding::{Encoded, Encoder, Format, MetricFamily};

/// How long a scrape waits for one source: well under a scrape's own time-out.
pub const SOURCE_TIMEOUT: Duration = Duration::from_secs(2);

/// Encodes the contents; of samples only those in `names`, if there is such a choice.
///
/// What fails spoils only itself: a comment says so where the format has comments, else the log.
pub async fn scrape(
    contents: &dyn Contents,
    format: Format,
    names: Option<HashSet<String>>,
) -> Encoded {
    let mut encoder = Encoder::new(format);
    if let Some(names) = names {
        encoder = encoder.only(names);
    }
    for part in contents.parts() {
        match part {
            Part::Native(family) => encoder.native(family.as_ref()),
            Part::Constant(family) => write_all("a constant", vec![family], &mut encoder),
            Part::Source(source) => write_source(source, &mut encoder).await,
        }
    }
    encoder.finish()
}

async fn write_source(source: Arc<dyn Source>, encoder: &mut Encoder) {
    let name = source.name().to_owned();
    match gather(source, SOURCE_TIMEOUT).await {
        Ok(families) => write_all(&name, families, encoder),
        Err(failure) => report(&name, &failure, encoder),
    }
}

fn write_all(name: &str, families: Vec<MetricFamily>, encoder: &mut Encoder) {
    for family in families {
        if let Err(error) = encoder.foreign(family) {
            report(name, &error.to_string(), encoder);
        }
    }
}

fn report(name: &str, failure: &str, encoder: &mut Encoder) {
    tracing::warn!("{name} could not be read: {failure}");
    encoder.comment(&format!("{name} could not be read: {failure}"));
}

async fn gather(source: Arc<dyn Source>, limit: Duration) -> Result<Vec<MetricFamily>, String> {
    let work = tokio::task::spawn_blocking(move || source.gather());
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(panic.to_string()),
        Err(_) => Err(format!("no answer within {} s", limit.as_secs_f64())),
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use std::sync::mpsc;

    use super::super::contents::OneAtATime;
    use super::*;
    use crate::encoding::{FamilyKind, Sample};

    struct Given(Result<Vec<MetricFamily>, String>);

    impl Source for Given {
        fn name(&self) -> &'static str {
            "a source"
        }

        fn gather(&self) -> Result<Vec<MetricFamily>, String> {
            self.0.clone()
        }
    }

    /// Blocks until the other end of the channel is dropped.
    struct Hangs(Mutex<mpsc::Receiver<()>>);

    impl Source for Hangs {
        fn name(&self) -> &'static str {
            "a hanging source"
        }

        fn gather(&self) -> Result<Vec<MetricFamily>, String> {
            let _ = self.0.lock().recv();
            Ok(Vec::new())
        }
    }

    struct Parts(Vec<Part>);

    impl Contents for Parts {
        fn parts(&self) -> Vec<Part> {
            self.0.clone()
        }
    }

    fn gauge(name: &str) -> MetricFamily {
        let sample = Sample {
            name: name.into(),
            labels: Vec::new(),
            value: Some(1.0),
            timestamp: None,
            exemplar: None,
            native_histogram: None,
        };
        MetricFamily {
            name: name.into(),
            documentation: "Help".into(),
            kind: FamilyKind::Gauge,
            unit: String::new(),
            samples: vec![sample],
        }
    }

    async fn text(parts: Vec<Part>, names: Option<HashSet<String>>) -> String {
        String::from_utf8(scrape(&Parts(parts), Format::TEXT, names).await.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_failing_source_spoils_only_itself() {
        let mut nameless = gauge("broken");
        nameless.samples[0].value = None;
        let parts = vec![
            Part::Source(Arc::new(Given(Err("two\nlines".into())))),
            Part::Source(Arc::new(Given(Ok(vec![nameless, gauge("other")])))),
            Part::Constant(gauge("last")),
        ];
        let text = text(parts, None).await;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "# a source could not be read: two lines");
        assert!(lines[1].starts_with("# a source could not be read: float() argument"), "{text}");
        assert_eq!(lines[4], "other 1.0");
        assert_eq!(lines[7], "last 1.0");
    }

    #[tokio::test]
    async fn only_the_samples_that_were_named_are_shown() {
        let parts = vec![Part::Constant(gauge("one")), Part::Constant(gauge("two"))];
        let text = text(parts, Some(["two".to_owned()].into())).await;
        assert_eq!(text, "# HELP two Help\n# TYPE two gauge\ntwo 1.0\n");
    }

    #[tokio::test]
    async fn a_source_that_hangs_is_left_behind_and_not_asked_a_second_time() {
        let (release, released) = mpsc::channel();
        let source: Arc<dyn Source> = Arc::new(OneAtATime::new(Hangs(Mutex::new(released))));
        let late = gather(Arc::clone(&source), Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(late, "no answer within 0.02 s");
        let busy = gather(source, Duration::from_secs(10)).await.unwrap_err();
        assert_eq!(busy, "it is still busy with an earlier scrape");
        drop(release);
    }
}
