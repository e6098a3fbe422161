//! What an operator makes of two numbers.

use promql_parser::parser::token::{
    T_ADD, T_ATAN2, T_DIV, T_EQLC, T_GTE, T_GTR, T_LSS, T_LTE, T_MOD, T_MUL, T_NEQ, T_POW, T_SUB,
    TokenType,
};

use crate::promql::error::QueryError;

/// An arithmetic or comparison operator.
#[derive(Clone, Copy)]
pub enum Operator {
    /// Makes a new number.
    Arithmetic(fn(f64, f64) -> f64),
    /// Says yes or no.
    Comparison(fn(&f64, &f64) -> bool),
}

impl Operator {
    /// The operator of a token.
    pub fn parse(token: TokenType) -> Result<Self, QueryError> {
        Ok(match token.id() {
            T_ADD => Self::Arithmetic(|left, right| left + right),
            T_SUB => Self::Arithmetic(|left, right| left - right),
            T_MUL => Self::Arithmetic(|left, right| left * right),
            T_DIV => Self::Arithmetic(|left, right| left / right),
            T_MOD => Self::Arithmetic(|left, right| left % right),
            T_POW => Self::Arithmetic(f64::powf),
            T_ATAN2 => Self::Arithmetic(f64::atan2),
            T_EQLC => Self::Comparison(f64::eq),
            T_NEQ => Self::Comparison(f64::ne),
            T_GTR => Self::Comparison(f64::gt),
            T_LSS => Self::Comparison(f64::lt),
            T_GTE => Self::Comparison(f64::ge),
            T_LTE => Self::Comparison(f64::le),
            _ => {
                let message = format!("the operator `{token}` is not supported by this store");
                return Err(QueryError::Execution(message));
            }
        })
    }

    /// Whether the operator compares.
    pub fn is_comparison(self) -> bool {
        matches!(self, Self::Comparison(_))
    }

    /// The result for elements of vectors: a comparison lets the left value through, or nothing.
    pub fn apply(self, left: f64, right: f64) -> Option<f64> {
        match self {
            Self::Arithmetic(function) => Some(function(left, right)),
            Self::Comparison(holds) => holds(&left, &right).then_some(left),
        }
    }

    /// The result for scalars, where a comparison (always `bool`) answers 1 or 0.
    pub fn number(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Arithmetic(function) => function(left, right),
            Self::Comparison(holds) => f64::from(u8::from(holds(&left, &right))),
        }
    }
}
