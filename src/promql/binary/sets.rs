//! The set operators `and`, `or` and `unless`, which match many to many.

use std::collections::HashMap;

use promql_parser::parser::BinModifier;
use promql_parser::parser::token::{T_LAND, T_LOR, TokenId};

use super::matching::match_group;
use crate::model::Labels;
use crate::promql::error::QueryError;
use crate::promql::grid::Grid;
use crate::promql::track::{SAME_LABELS, Track, merge};

/// Combines two vectors: what stays of either depends on whether the other has the match group.
pub fn combine(
    operator: TokenId,
    modifier: &BinModifier,
    left: &[Track],
    right: &[Track],
    grid: Grid,
) -> Result<Vec<Track>, QueryError> {
    let group_of = |labels: &Labels| match_group(labels, modifier.matching.as_ref());
    let keep = |tracks: &[Track], others: &[Track], wanted: bool| {
        let presence = Presence::of(others, group_of, grid);
        let filter = |track: &Track| presence.filter(track, &group_of(&track.labels), wanted);
        tracks.iter().map(filter).collect::<Vec<_>>()
    };
    let mut result = match operator {
        T_LOR => left.to_vec(),
        _ => keep(left, right, operator == T_LAND),
    };
    if operator == T_LOR {
        result.extend(keep(right, left, false));
    }
    merge(result, SAME_LABELS)
}

/// At which steps a match group has any element.
struct Presence(HashMap<Labels, Vec<bool>>);

impl Presence {
    fn of(tracks: &[Track], group_of: impl Fn(&Labels) -> Labels, grid: Grid) -> Self {
        let mut groups = HashMap::new();
        for track in tracks {
            let steps =
                groups.entry(group_of(&track.labels)).or_insert_with(|| vec![false; grid.steps]);
            for (present, value) in steps.iter_mut().zip(&track.values) {
                *present |= value.is_some();
            }
        }
        Self(groups)
    }

    /// The values at those steps where the group's presence is as wanted.
    fn filter(&self, track: &Track, group: &Labels, wanted: bool) -> Track {
        let present = self.0.get(group);
        let is_wanted = |step: usize| present.is_some_and(|steps| steps[step]) == wanted;
        track.clone().map(|step, value| is_wanted(step).then_some(value))
    }
}
