//! `label_replace` and `label_join`.

use super::Arguments;
use crate::model::{Labels, Matcher};
use crate::promql::error::QueryError;
use crate::promql::track::{SAME_LABELS, Track, merge};

/// `label_replace(v, destination, replacement, source, pattern)`: where the pattern matches the
/// whole source label, the destination becomes the replacement with its `$1` filled in.
pub fn label_replace(arguments: &Arguments) -> Result<Vec<Track>, QueryError> {
    let destination = destination(arguments)?;
    let (replacement, source) = (arguments.string(2)?, arguments.string(3)?);
    let pattern = arguments.string(4)?;
    let invalid = |error| {
        QueryError::Execution(format!(
            "invalid regular expression in label_replace(): {pattern}: {error}"
        ))
    };
    let pattern = Matcher::anchored(pattern).map_err(invalid)?;
    relabel(arguments, destination, |labels| {
        let captures = pattern.captures(labels.get(source))?;
        let mut value = String::new();
        captures.expand(replacement, &mut value);
        Some(value)
    })
}

/// `label_join(v, destination, separator, sources...)`.
pub fn label_join(arguments: &Arguments) -> Result<Vec<Track>, QueryError> {
    let destination = destination(arguments)?;
    let separator = arguments.string(2)?;
    let sources = (3..arguments.len()).map(|index| arguments.string(index));
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    relabel(arguments, destination, |labels| {
        let values: Vec<&str> = sources.iter().map(|source| labels.get(source)).collect();
        Some(values.join(separator))
    })
}

fn destination<'a>(arguments: &Arguments<'a>) -> Result<&'a str, QueryError> {
    let name = arguments.string(1)?;
    if name.is_empty() {
        let function = arguments.call.func.name;
        let message = format!("invalid destination label name in {function}(): it is empty");
        return Err(QueryError::Execution(message));
    }
    Ok(name)
}

fn relabel(
    arguments: &Arguments,
    destination: &str,
    value: impl Fn(&Labels) -> Option<String>,
) -> Result<Vec<Track>, QueryError> {
    let relabelled = |mut track: Track| {
        if let Some(value) = value(&track.labels) {
            track.labels.set(destination, &value);
        }
        track
    };
    merge(arguments.vector(0)?.into_iter().map(relabelled).collect(), SAME_LABELS)
}
