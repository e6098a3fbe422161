//! Alerting and recording rules: read from files, evaluated at their intervals.
//!
//! `file` reads what `definition` describes; `group` evaluates it through `promql`, and hands the
//! results to `recording` and `alerting`; `restore` carries alerts over a restart; `status` is what
//! the API sees. Semantics are Prometheus's.

mod alerting;
mod definition;
mod file;
mod group;
mod humanize;
mod recording;
mod restore;
mod status;
mod template;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use alerting::{Alert, AlertState};
pub use definition::{Rule, RuleDefinition};
pub use humanize::scientific;
pub use status::{Group, RuleStatus};
pub use template::Template;

use super::scrape::{Scraping, now_ms};
use group::Evaluator;

/// Reads rule files. One with a mistake is left out as a whole, which is said: the samples are
/// worth more than the rules. Groups come sorted by file and name, as Prometheus tells them.
pub fn read(paths: &[PathBuf], scraping: &Scraping) -> Vec<Arc<Group>> {
    let mut groups = Vec::new();
    for path in paths {
        match file::read(path) {
            Ok(read) => groups.extend(read.into_iter().map(|group| Arc::new(Group::new(group)))),
            Err(error) => {
                scraping.counters.rule_file_refused();
                tracing::error!("{error}");
            }
        }
    }
    groups.sort_by(|one, other| one.place().cmp(&other.place()));
    groups
}

/// Evaluates each group on a task of its own, until the runtime ends.
pub fn spawn(groups: &[Arc<Group>], scraping: &Arc<Scraping>) {
    for group in groups {
        tokio::spawn(run(Evaluator::new(Arc::clone(group), Arc::clone(scraping))));
    }
}

async fn run(mut evaluator: Evaluator) {
    let interval = evaluator.definition().interval;
    let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
    let mut due_ms = next_multiple(interval_ms, now_ms());
    loop {
        let wait_ms = u64::try_from(due_ms - now_ms()).unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        let evaluated = tokio::task::spawn_blocking(move || {
            evaluator.evaluate(due_ms);
            evaluator
        });
        evaluator = match evaluated.await {
            Ok(evaluator) => evaluator,
            Err(error) => {
                tracing::error!("the evaluation of a group of rules broke off: {error}");
                return;
            }
        };
        let next_ms = due_after(due_ms, interval_ms, now_ms());
        evaluator.missed(u64::try_from((next_ms - due_ms) / interval_ms - 1).unwrap_or_default());
        due_ms = next_ms;
    }
}

/// When the next evaluation is due. A timer may wake a moment early, which must not repeat one; a
/// clock that was set back starts anew.
fn due_after(due_ms: i64, interval_ms: i64, now_ms: i64) -> i64 {
    let is_set_back = now_ms < due_ms - interval_ms;
    next_multiple(interval_ms, if is_set_back { now_ms } else { now_ms.max(due_ms) })
}

fn next_multiple(interval_ms: i64, now_ms: i64) -> i64 {
    (now_ms.div_euclid(interval_ms) + 1).saturating_mul(interval_ms)
}
