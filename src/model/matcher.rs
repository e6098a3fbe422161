//! One condition of a selector, such as `status!~"completed|approved"`.

use regex::Regex;

use super::Labels;

/// How a label's value is compared.
#[derive(Clone, Debug)]
pub enum MatchOperator {
    /// `=`
    Equal(String),
    /// `!=`
    NotEqual(String),
    /// `=~`, anchored at both ends
    Matches(Regex),
    /// `!~`, anchored at both ends
    NotMatches(Regex),
}

/// A condition on one label. An absent label has the empty value.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The label's name.
    pub name: String,
    /// The comparison and what it compares with.
    pub operator: MatchOperator,
}

impl Matcher {
    /// A matcher for `name=value`.
    pub fn equal(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), operator: MatchOperator::Equal(value.to_owned()) }
    }

    /// `pattern` as Prometheus reads it: anchored at both ends, `.` matches line breaks too.
    pub fn anchored(pattern: &str) -> Result<Regex, regex::Error> {
        Regex::new(&format!("^(?s:{pattern})$"))
    }

    /// Whether a label set meets this condition.
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.name);
        match &self.operator {
            MatchOperator::Equal(wanted) => value == wanted,
            MatchOperator::NotEqual(unwanted) => value != unwanted,
            MatchOperator::Matches(pattern) => pattern.is_match(value),
            MatchOperator::NotMatches(pattern) => !pattern.is_match(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(operator: MatchOperator) -> Matcher {
        Matcher { name: "status".into(), operator }
    }

    #[test]
    fn a_pattern_is_anchored_at_both_ends() {
        let completed = matcher(MatchOperator::Matches(Matcher::anchored("a|completed").unwrap()));
        assert!(completed.matches(&Labels::from_iter([("status", "completed")])));
        assert!(!completed.matches(&Labels::from_iter([("status", "completed_late")])));
    }

    #[test]
    fn an_absent_label_equals_the_empty_string() {
        assert!(Matcher::equal("status", "").matches(&Labels::default()));
        let not_empty = matcher(MatchOperator::NotEqual(String::new()));
        assert!(!not_empty.matches(&Labels::default()));
    }
}
