//! From text to a tree, and from the tree's selectors to our matchers.

use std::panic::catch_unwind;

use promql_parser::label::{MatchOp, Matcher as ParsedMatcher};
use promql_parser::parser::{Expr, VectorSelector};

use super::error::QueryError;
use crate::model::{METRIC_NAME, MatchOperator, Matcher};

/// How many words and signs an expression may have outside its strings.
///
/// The parser recurses over its tree, so this is what keeps it from exhausting the stack.
const MAX_TOKENS: usize = 4_000;

/// How deep an expression may be nested, so that evaluation does not exhaust the stack.
const MAX_DEPTH: usize = 200;

/// Parses and type-checks an expression.
pub fn parse(expression: &str) -> Result<Expr, QueryError> {
    if count_tokens(expression) > MAX_TOKENS {
        return bad(format!("the expression has more than {MAX_TOKENS} words and signs"));
    }
    // The parser converts float durations unchecked (`up[1e30]`), which panics.
    let parsed = catch_unwind(|| promql_parser::parser::parse(expression));
    let tree = match parsed {
        Ok(Ok(tree)) => tree,
        Ok(Err(reason)) => return bad(format!("parse error: {reason}")),
        Err(_) => return bad("parse error: a duration is out of range".into()),
    };
    if is_too_deep(&tree) {
        return bad(format!("the expression is nested deeper than {MAX_DEPTH} levels"));
    }
    Ok(tree)
}

/// The matchers of a bare selector such as `up{job="mephisto"}`, as `match[]` takes them.
pub fn parse_selector(expression: &str) -> Result<Vec<Matcher>, QueryError> {
    match parse(expression)? {
        Expr::VectorSelector(selector) if selector.offset.is_none() && selector.at.is_none() => {
            matchers(&selector)
        }
        _ => bad(format!("`{expression}` is not a bare selector such as `up{{job=\"mephisto\"}}`")),
    }
}

/// A selector's matchers, the metric's name among them; regular expressions are compiled here.
pub fn matchers(selector: &VectorSelector) -> Result<Vec<Matcher>, QueryError> {
    if !selector.matchers.or_matchers.is_empty() {
        return bad("`or` between matchers is not PromQL; use the operator `or`".into());
    }
    let name = selector.name.as_ref().map(|name| Ok(Matcher::equal(METRIC_NAME, name)));
    name.into_iter().chain(selector.matchers.matchers.iter().map(matcher)).collect()
}

fn matcher(parsed: &ParsedMatcher) -> Result<Matcher, QueryError> {
    // The parser's pattern has Go's bare braces escaped, but not Go's `.` that matches line breaks.
    let anchored = |pattern: &regex::Regex| {
        Matcher::anchored(pattern.as_str()).map_err(|error| QueryError::BadData(error.to_string()))
    };
    let operator = match &parsed.op {
        MatchOp::Equal => MatchOperator::Equal(parsed.value.clone()),
        MatchOp::NotEqual => MatchOperator::NotEqual(parsed.value.clone()),
        MatchOp::Re(pattern) => MatchOperator::Matches(anchored(pattern)?),
        MatchOp::NotRe(pattern) => MatchOperator::NotMatches(anchored(pattern)?),
    };
    Ok(Matcher { name: parsed.name.clone(), operator })
}

/// The expression inside any parentheses.
pub fn unwrap_parentheses(mut expression: &Expr) -> &Expr {
    while let Expr::Paren(inner) = expression {
        expression = &inner.expr;
    }
    expression
}

fn bad<T>(message: String) -> Result<T, QueryError> {
    Err(QueryError::BadData(message))
}

fn count_tokens(expression: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    let mut in_word = false;
    let mut tokens = 0;
    for character in expression.chars() {
        if let Some(open) = quote {
            if character == open && !escaped {
                quote = None;
            }
            escaped = character == '\\' && !escaped && open != '`';
            continue;
        }
        let is_word = character.is_alphanumeric() || matches!(character, '_' | ':' | '.');
        tokens += usize::from(!character.is_whitespace() && !(is_word && in_word));
        in_word = is_word;
        quote = matches!(character, '"' | '\'' | '`').then_some(character);
    }
    tokens
}

fn is_too_deep(tree: &Expr) -> bool {
    let mut rest = vec![(tree, 1)];
    while let Some((expression, depth)) = rest.pop() {
        if depth > MAX_DEPTH {
            return true;
        }
        rest.extend(children(expression).into_iter().map(|child| (child, depth + 1)));
    }
    false
}

fn children(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::Aggregate(aggregate) => {
            aggregate.param.iter().chain([&aggregate.expr]).map(AsRef::as_ref).collect()
        }
        Expr::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        Expr::Call(call) => call.args.args.iter().map(AsRef::as_ref).collect(),
        Expr::Paren(inner) => vec![&inner.expr],
        Expr::Subquery(subquery) => vec![&subquery.expr],
        Expr::Unary(unary) => vec![&unary.expr],
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => Vec::new(),
    }
}

/// Whether an expression has the same value at every step, because each selector in it is pinned
/// by `@` and no function in it reads the time of the step.
pub fn is_step_invariant(expression: &Expr) -> bool {
    match expression {
        Expr::VectorSelector(selector) => selector.at.is_some(),
        Expr::MatrixSelector(selector) => selector.vs.at.is_some(),
        Expr::Subquery(subquery) => subquery.at.is_some(),
        Expr::Call(call) if reads_step_time(call.func.name) => false,
        _ => children(expression).into_iter().all(is_step_invariant),
    }
}

/// Prometheus's `AtModifierUnsafeFunctions`.
fn reads_step_time(function: &str) -> bool {
    matches!(
        function,
        "days_in_month"
            | "day_of_month"
            | "day_of_week"
            | "day_of_year"
            | "hour"
            | "minute"
            | "month"
            | "year"
            | "predict_linear"
            | "time"
            | "timestamp"
    )
}
