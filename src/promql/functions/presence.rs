//! `absent` and `absent_over_time`: a value where there is none.

use promql_parser::label::MatchOp;
use promql_parser::parser::Expr;

use super::{Arguments, matchers_of};
use crate::model::{Labels, METRIC_NAME};
use crate::promql::error::QueryError;
use crate::promql::selector::for_each_range;
use crate::promql::track::Track;

/// 1 at the steps where the vector has no element.
pub fn absent(arguments: &Arguments) -> Result<Vec<Track>, QueryError> {
    let mut is_present = vec![false; arguments.grid.steps];
    for track in arguments.vector(0)? {
        note(&mut is_present, track.values.iter().map(Option::is_some));
    }
    Ok(absence(arguments.expression(0)?, &is_present))
}

/// 1 at the steps where no series has a sample in the window.
pub fn absent_over_time(arguments: &Arguments) -> Result<Vec<Track>, QueryError> {
    let expression = arguments.expression(0)?;
    let mut is_present = vec![false; arguments.grid.steps];
    for_each_range(arguments.context, expression, arguments.grid, |series, windows| {
        let windows = windows.over(&series.samples);
        note(&mut is_present, windows.map(|window| !window.samples.is_empty()));
        Ok(())
    })?;
    Ok(absence(expression, &is_present))
}

fn note(is_present: &mut [bool], present: impl Iterator<Item = bool>) {
    for (is_present, present) in is_present.iter_mut().zip(present) {
        *is_present |= present;
    }
}

fn absence(expression: &Expr, is_present: &[bool]) -> Vec<Track> {
    let values = is_present.iter().map(|present| (!present).then_some(1.0)).collect();
    let track = Track { labels: known_labels(expression), values };
    Some(track).filter(Track::has_values).into_iter().collect()
}

/// The labels that a selector's equality matchers fix; a label that is matched twice is not known.
fn known_labels(expression: &Expr) -> Labels {
    let matchers = matchers_of(expression).map_or(&[][..], |matchers| &matchers.matchers);
    let is_only = |name: &str| matchers.iter().filter(|matcher| matcher.name == name).count() == 1;
    let known = matchers.iter().filter(|matcher| {
        matches!(matcher.op, MatchOp::Equal)
            && matcher.name != METRIC_NAME
            && is_only(&matcher.name)
    });
    known.map(|matcher| (matcher.name.as_str(), matcher.value.as_str())).collect()
}
