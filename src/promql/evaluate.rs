//! The walk over the tree.

use promql_parser::parser::Expr;

use super::context::Context;
use super::error::QueryError;
use super::grid::Grid;
use super::parse::{is_step_invariant, unwrap_parentheses};
use super::selector::select_instant;
use super::track::{Outcome, Track, unique};
use super::{aggregate, binary, functions};

/// Evaluates an expression at all steps of a grid.
pub fn evaluate(context: &Context, expression: &Expr, grid: Grid) -> Result<Outcome, QueryError> {
    context.charge(0)?;
    if grid.steps > 1 && is_step_invariant(expression) {
        let once = evaluate(context, expression, Grid::instant(grid.start_ms))?;
        return repeat(context, once, grid.steps);
    }
    match expression {
        Expr::NumberLiteral(number) => Ok(Outcome::Scalar(vec![number.val; grid.steps])),
        Expr::StringLiteral(text) => Ok(Outcome::String(text.val.clone())),
        Expr::Paren(inner) => evaluate(context, &inner.expr, grid),
        Expr::VectorSelector(selector) => {
            select_instant(context, selector, grid, |sample| sample.value).map(Outcome::Vector)
        }
        Expr::Unary(unary) => negate(evaluate(context, &unary.expr, grid)?),
        Expr::Binary(binary) => binary::evaluate(context, binary, grid),
        Expr::Aggregate(aggregate) => {
            aggregate::evaluate(context, aggregate, grid).map(Outcome::Vector)
        }
        Expr::Call(call) => functions::evaluate(context, call, grid),
        Expr::MatrixSelector(_) | Expr::Subquery(_) | Expr::Extension(_) => Err(
            QueryError::BadData(format!("`{expression}` can only be the argument of a function")),
        ),
    }
}

/// Evaluates an expression that must be an instant vector.
pub fn evaluate_vector(
    context: &Context,
    expression: &Expr,
    grid: Grid,
) -> Result<Vec<Track>, QueryError> {
    match evaluate(context, expression, grid)? {
        Outcome::Vector(tracks) => Ok(tracks),
        _ => Err(QueryError::BadData(format!("`{expression}` is not an instant vector"))),
    }
}

/// Evaluates an expression that must be a scalar: a number for each step.
pub fn evaluate_scalar(
    context: &Context,
    expression: &Expr,
    grid: Grid,
) -> Result<Vec<f64>, QueryError> {
    match evaluate(context, expression, grid)? {
        Outcome::Scalar(values) => Ok(values),
        _ => Err(QueryError::BadData(format!("`{expression}` is not a scalar"))),
    }
}

/// The text of an expression that must be a string literal.
pub fn string_literal(expression: &Expr) -> Result<&str, QueryError> {
    match unwrap_parentheses(expression) {
        Expr::StringLiteral(text) => Ok(&text.val),
        other => Err(QueryError::BadData(format!("`{other}` is not a string"))),
    }
}

fn repeat(context: &Context, once: Outcome, steps: usize) -> Result<Outcome, QueryError> {
    Ok(match once {
        Outcome::Scalar(values) => Outcome::Scalar(vec![values[0]; steps]),
        Outcome::String(text) => Outcome::String(text),
        Outcome::Vector(tracks) => {
            context.charge(tracks.len().saturating_mul(steps))?;
            let long = |track: Track| Track { values: vec![track.values[0]; steps], ..track };
            Outcome::Vector(tracks.into_iter().map(long).collect())
        }
    })
}

fn negate(operand: Outcome) -> Result<Outcome, QueryError> {
    Ok(match operand {
        Outcome::Scalar(values) => {
            Outcome::Scalar(values.into_iter().map(|value| -value).collect())
        }
        Outcome::Vector(tracks) => {
            let negative = |track: Track| track.unnamed().map(|_, value| Some(-value));
            let tracks = tracks.into_iter().map(negative).collect();
            Outcome::Vector(unique(tracks)?)
        }
        Outcome::String(_) => {
            return Err(QueryError::BadData("a string has no negative".into()));
        }
    })
}
