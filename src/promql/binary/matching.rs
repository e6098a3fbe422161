//! One-to-one and many-to-one matching of two vectors.

use std::collections::HashMap;

use promql_parser::parser::{BinModifier, LabelModifier, VectorMatchCardinality};

use super::operator::Operator;
use crate::model::{Labels, METRIC_NAME};
use crate::promql::aggregate::borrowed;
use crate::promql::error::QueryError;
use crate::promql::grid::Grid;
use crate::promql::track::{Track, group_by, merge};

const MANY_TO_ONE: &str =
    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)";
const NOT_UNIQUE: &str = "multiple matches for labels: grouping labels must ensure unique matches";

/// The labels by which an element finds its partners.
pub fn match_group(labels: &Labels, matching: Option<&LabelModifier>) -> Labels {
    match matching {
        Some(LabelModifier::Include(names)) => labels.only(&borrowed(&names.labels)),
        Some(LabelModifier::Exclude(names)) => {
            let mut names = borrowed(&names.labels);
            names.push(METRIC_NAME);
            labels.without(&names)
        }
        None => labels.without(&[METRIC_NAME]),
    }
}

/// Combines each element with its partner on the other side.
pub fn combine(
    operator: Operator,
    modifier: &BinModifier,
    left: &[Track],
    right: &[Track],
    grid: Grid,
) -> Result<Vec<Track>, QueryError> {
    let swapped = matches!(modifier.card, VectorMatchCardinality::OneToMany(_));
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let joiner = Joiner { operator, modifier, swapped };
    let group_of = |labels: &Labels| match_group(labels, modifier.matching.as_ref());
    let partners: HashMap<Labels, Vec<&Track>> = group_by(one, group_of).into_iter().collect();
    for (group, tracks) in &partners {
        joiner.refuse_ambiguous(group, tracks, many, grid)?;
    }
    let mut joined = Vec::new();
    for (group, tracks) in group_by(many, group_of) {
        if let Some(partners) = partners.get(&group) {
            joined.extend(joiner.join_group(&tracks, partners, grid)?);
        }
    }
    merge(joined, NOT_UNIQUE)
}

struct Joiner<'a> {
    operator: Operator,
    modifier: &'a BinModifier,
    /// Whether the "many" side is the right one.
    swapped: bool,
}

impl Joiner<'_> {
    /// The "one" side may have only one element a group at any step where the other has any.
    fn refuse_ambiguous(
        &self,
        group: &Labels,
        tracks: &[&Track],
        many: &[Track],
        grid: Grid,
    ) -> Result<(), QueryError> {
        for step in 0..grid.steps {
            let mut present = tracks.iter().filter(|track| track.values[step].is_some());
            if let (Some(first), Some(second)) = (present.next(), present.next())
                && many.iter().any(|track| track.values[step].is_some())
            {
                let side = if self.swapped { "left" } else { "right" };
                return Err(QueryError::Execution(format!(
                    "found duplicate series for the match group {group} on the {side} hand-side \
                     of the operation: [{}, {}];many-to-many matching not allowed: matching labels \
                     must be unique on one side",
                    first.labels, second.labels
                )));
            }
        }
        Ok(())
    }

    fn join_group(
        &self,
        many: &[&Track],
        partners: &[&Track],
        grid: Grid,
    ) -> Result<Vec<Track>, QueryError> {
        let mut joined = Vec::new();
        let mut taken = vec![false; grid.steps];
        for track in many {
            for partner in partners {
                let result = self.join(track, partner);
                if self.modifier.card == VectorMatchCardinality::OneToOne {
                    take(&mut taken, &result)?;
                }
                joined.extend(Some(result).filter(Track::has_values));
            }
        }
        Ok(joined)
    }

    fn join(&self, many: &Track, one: &Track) -> Track {
        let apply = |(many, one): (&Option<f64>, &Option<f64>)| {
            let (many, one) = ((*many)?, (*one)?);
            let (left, right) = if self.swapped { (one, many) } else { (many, one) };
            let result = self.operator.apply(left, right);
            if self.modifier.return_bool {
                return Some(f64::from(u8::from(result.is_some())));
            }
            result
        };
        let values = many.values.iter().zip(&one.values).map(apply).collect();
        Track { labels: self.labels(&many.labels, &one.labels), values }
    }

    /// The result's labels: those of the "many" side, less what was matched away, and with what
    /// `group_left` or `group_right` takes over from the "one" side.
    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let mut labels = many.clone();
        if !self.operator.is_comparison() || self.modifier.return_bool {
            labels.set(METRIC_NAME, "");
        }
        match (&self.modifier.card, &self.modifier.matching) {
            (VectorMatchCardinality::OneToOne, Some(LabelModifier::Include(names))) => {
                labels = labels.only(&borrowed(&names.labels));
            }
            (VectorMatchCardinality::OneToOne, Some(LabelModifier::Exclude(names))) => {
                labels = labels.without(&borrowed(&names.labels));
            }
            _ => {}
        }
        for name in self.modifier.card.labels().into_iter().flat_map(|names| &names.labels) {
            labels.set(name, one.get(name));
        }
        labels
    }
}

/// Notes the steps at which a one-to-one group has its result; a second one is an error.
fn take(taken: &mut [bool], result: &Track) -> Result<(), QueryError> {
    for (taken, value) in taken.iter_mut().zip(&result.values) {
        if *taken && value.is_some() {
            return Err(QueryError::Execution(MANY_TO_ONE.into()));
        }
        *taken |= value.is_some();
    }
    Ok(())
}
