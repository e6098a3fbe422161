//! Binary operators: between numbers, between a number and a vector, and between vectors.

mod matching;
mod operator;
mod sets;

use promql_parser::parser::{BinModifier, BinaryExpr};

use self::operator::Operator;
use super::context::Context;
use super::error::QueryError;
use super::evaluate;
use super::grid::Grid;
use super::track::{Outcome, SAME_LABELS, Track, merge};

/// Evaluates a binary expression at all steps.
pub fn evaluate(context: &Context, binary: &BinaryExpr, grid: Grid) -> Result<Outcome, QueryError> {
    let modifier = binary.modifier.clone().unwrap_or_default();
    if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
        let message = "the modifiers `fill`, `fill_left` and `fill_right` are not supported";
        return Err(QueryError::Execution(message.into()));
    }
    let left = evaluate::evaluate(context, &binary.lhs, grid)?;
    let right = evaluate::evaluate(context, &binary.rhs, grid)?;
    if binary.op.is_set_operator()
        && let (Outcome::Vector(left), Outcome::Vector(right)) = (&left, &right)
    {
        return sets::combine(binary.op.id(), &modifier, left, right, grid).map(Outcome::Vector);
    }
    combine(Operator::parse(binary.op)?, &modifier, left, right, grid)
}

fn combine(
    operator: Operator,
    modifier: &BinModifier,
    left: Outcome,
    right: Outcome,
    grid: Grid,
) -> Result<Outcome, QueryError> {
    match (left, right) {
        (Outcome::Scalar(left), Outcome::Scalar(right)) => {
            let pairs = left.iter().zip(&right);
            Ok(Outcome::Scalar(pairs.map(|(left, right)| operator.number(*left, *right)).collect()))
        }
        (Outcome::Vector(tracks), Outcome::Scalar(numbers)) => {
            let apply = |step: usize, value| operator.apply(value, numbers[step]);
            with_numbers(operator, modifier.return_bool, tracks, apply)
        }
        (Outcome::Scalar(numbers), Outcome::Vector(tracks)) => {
            // A comparison filters the vector, so it is the vector's value that stays.
            let apply = |step: usize, value| {
                let result = operator.apply(numbers[step], value);
                if operator.is_comparison() { result.map(|_| value) } else { result }
            };
            with_numbers(operator, modifier.return_bool, tracks, apply)
        }
        (Outcome::Vector(left), Outcome::Vector(right)) => {
            matching::combine(operator, modifier, &left, &right, grid).map(Outcome::Vector)
        }
        _ => Err(QueryError::BadData("a string cannot be the operand of an operator".into())),
    }
}

fn with_numbers(
    operator: Operator,
    return_bool: bool,
    tracks: Vec<Track>,
    apply: impl Fn(usize, f64) -> Option<f64>,
) -> Result<Outcome, QueryError> {
    let combine = |track: Track| {
        let track = if operator.is_comparison() && !return_bool { track } else { track.unnamed() };
        track.map(|step, value| {
            let result = apply(step, value);
            if return_bool { Some(f64::from(u8::from(result.is_some()))) } else { result }
        })
    };
    merge(tracks.into_iter().map(combine).collect(), SAME_LABELS).map(Outcome::Vector)
}
