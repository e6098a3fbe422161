//! Aggregations: many series become one for each group, or the best of each group stay.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use promql_parser::parser::token::{
    T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_MAX, T_MIN, T_QUANTILE, T_STDDEV,
    T_STDVAR, T_SUM, T_TOPK,
};
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier};

use super::context::Context;
use super::error::QueryError;
use super::evaluate::{evaluate_scalar, evaluate_vector, string_literal};
use super::grid::Grid;
use super::statistics;
use super::track::{SAME_LABELS, Track, group_by, merge};
use crate::model::{Labels, METRIC_NAME};

/// Evaluates an aggregation at all steps.
pub fn evaluate(
    context: &Context,
    aggregate: &AggregateExpr,
    grid: Grid,
) -> Result<Vec<Track>, QueryError> {
    let tracks = evaluate_vector(context, &aggregate.expr, grid)?;
    let groups = group_by(&tracks, |labels| group_labels(labels, aggregate.modifier.as_ref()));
    let parameter = || parameter(aggregate).and_then(|tree| evaluate_scalar(context, tree, grid));
    let fold = |fold: fn(&[f64]) -> f64| Ok(fold_groups(groups.clone(), |_, values| fold(values)));
    match aggregate.op.id() {
        T_SUM => fold(|values| statistics::sum(values.iter().copied())),
        T_AVG => fold(|values| statistics::average(values.iter().copied())),
        T_MIN => fold(|values| statistics::minimum(values.iter().copied())),
        T_MAX => fold(|values| statistics::maximum(values.iter().copied())),
        T_STDVAR => fold(|values| statistics::variance(values.iter().copied())),
        T_STDDEV => fold(|values| statistics::deviation(values.iter().copied())),
        T_COUNT => fold(|values| values.len() as f64),
        T_GROUP => fold(|_| 1.0),
        T_QUANTILE => {
            let q = parameter()?;
            let quantile =
                |step: usize, values: &[f64]| statistics::quantile(q[step], values.iter().copied());
            Ok(fold_groups(groups, quantile))
        }
        T_TOPK => select_best(groups, &parameter()?, |value| value),
        T_BOTTOMK => select_best(groups, &parameter()?, |value| -value),
        T_COUNT_VALUES => {
            count_values(context, groups, string_literal(self::parameter(aggregate)?)?)
        }
        _ => Err(QueryError::Execution(format!(
            "the aggregation `{}` is not supported by this store",
            aggregate.op
        ))),
    }
}

fn parameter(aggregate: &AggregateExpr) -> Result<&Expr, QueryError> {
    let missing = || QueryError::BadData(format!("`{}` lacks its parameter", aggregate.op));
    aggregate.param.as_deref().ok_or_else(missing)
}

/// What a series is grouped by: without `by` and `without` all are in one group.
fn group_labels(labels: &Labels, modifier: Option<&LabelModifier>) -> Labels {
    match modifier {
        None => Labels::default(),
        Some(LabelModifier::Include(names)) => labels.only(&borrowed(&names.labels)),
        Some(LabelModifier::Exclude(names)) => {
            let mut names = borrowed(&names.labels);
            names.push(METRIC_NAME);
            labels.without(&names)
        }
    }
}

/// Label names in the form that [`Labels`] takes.
pub fn borrowed(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

type Groups<'a> = Vec<(Labels, Vec<&'a Track>)>;

/// One track a group: at each step what `fold` makes of the values that are there.
fn fold_groups(groups: Groups, fold: impl Fn(usize, &[f64]) -> f64) -> Vec<Track> {
    let mut present = Vec::new();
    let mut fold_group = |(labels, tracks): (Labels, Vec<&Track>)| {
        let values = (0..tracks[0].values.len()).map(|step| {
            present.clear();
            present.extend(tracks.iter().filter_map(|track| track.values[step]));
            (!present.is_empty()).then(|| fold(step, &present))
        });
        Track { values: values.collect(), labels }
    };
    groups.into_iter().map(&mut fold_group).collect()
}

/// `topk` and `bottomk`: at each step those `k` of each group that score highest stay, NaN last.
///
/// The tracks come best first by their scores at the last step, which in an instant query is the
/// order that Prometheus answers.
fn select_best(groups: Groups, k: &[f64], score: fn(f64) -> f64) -> Result<Vec<Track>, QueryError> {
    let k = k.iter().map(|k| whole_number(*k)).collect::<Result<Vec<_>, _>>()?;
    let mut best = Vec::new();
    for (_, tracks) in groups {
        best.extend(best_of_group(&tracks, &k, score));
    }
    Ok(best)
}

fn best_of_group(tracks: &[&Track], k: &[usize], score: fn(f64) -> f64) -> Vec<Track> {
    let empty = |track: &&Track| Track {
        labels: track.labels.clone(),
        values: vec![None; track.values.len()],
    };
    let mut chosen: Vec<Track> = tracks.iter().map(empty).collect();
    let mut ranking: Vec<usize> = (0..tracks.len()).collect();
    for (step, k) in k.iter().enumerate() {
        let score_of = |index: usize| tracks[index].values[step].map(score);
        ranking.sort_unstable();
        ranking.sort_by(|one, other| by_score(score_of(*one), score_of(*other)));
        for index in ranking.iter().take(*k) {
            chosen[*index].values[step] = tracks[*index].values[step];
        }
    }
    let mut chosen: Vec<Option<Track>> = chosen.into_iter().map(Some).collect();
    let ranked = ranking.into_iter().filter_map(|index| chosen[index].take());
    ranked.filter(Track::has_values).collect()
}

/// Highest first, then NaN, then series without a value.
fn by_score(one: Option<f64>, other: Option<f64>) -> std::cmp::Ordering {
    match (one, other) {
        (Some(one), Some(other)) => statistics::nan_first(other, one),
        _ => other.is_some().cmp(&one.is_some()),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
fn whole_number(k: f64) -> Result<usize, QueryError> {
    if k.is_nan() || k.abs() >= i64::MAX as f64 {
        return Err(QueryError::Execution(format!("Scalar value {k} overflows int64")));
    }
    Ok(k.max(0.0) as usize)
}

/// Counts equal values; the value becomes the label `name`.
fn count_values(context: &Context, groups: Groups, name: &str) -> Result<Vec<Track>, QueryError> {
    if name.is_empty() {
        return Err(QueryError::Execution("invalid label name \"\" in count_values()".into()));
    }
    let mut counts = Vec::new();
    for (labels, tracks) in groups {
        for (text, values) in count_values_of_group(context, &tracks)? {
            let mut labels = labels.clone();
            labels.set(name, &text);
            counts.push(Track { labels, values });
        }
    }
    merge(counts, SAME_LABELS)
}

fn count_values_of_group(
    context: &Context,
    tracks: &[&Track],
) -> Result<BTreeMap<String, Vec<Option<f64>>>, QueryError> {
    let mut counts = BTreeMap::new();
    for track in tracks {
        for (step, value) in track.values.iter().enumerate() {
            let Some(value) = value else { continue };
            let steps = match counts.entry(format_value(*value)) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    context.charge(track.values.len())?;
                    entry.insert(vec![None; track.values.len()])
                }
            };
            steps[step] = Some(steps[step].unwrap_or(0.0) + 1.0);
        }
    }
    Ok(counts)
}

/// A float without an exponent, as Go's `FormatFloat(value, 'f', -1, 64)`.
fn format_value(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".into(),
        f64::NEG_INFINITY => "-Inf".into(),
        _ => value.to_string(),
    }
}
