//! Names outside the old alphabet, and untrusted text on one line.
//!
//! The schemes are those of <https://prometheus.io/docs/instrumenting/escaping_schemes/>, applied to
//! the names that `prometheus_client` applies them to.

use std::fmt::Write;

/// What becomes of a name that is not `[a-zA-Z_:][a-zA-Z0-9_:]*`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Escaping {
    /// Each foreign character becomes `_`.
    #[default]
    Underscores,
    /// `.` becomes `_dot_`, `_` becomes `__`, as does each foreign character.
    Dots,
    /// `U__` in front, and each foreign character as `_<its code point>_`.
    Values,
    /// The name as it is, in quotes.
    AllowUtf8,
}

impl Escaping {
    /// The word for it in a content type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
            Self::AllowUtf8 => "allow-utf-8",
        }
    }

    /// The scheme that a content type names; underscores for a word that nobody knows.
    pub fn from_word(word: &str) -> Self {
        let known = [Self::Dots, Self::Values, Self::AllowUtf8];
        known.into_iter().find(|scheme| scheme.as_str() == word).unwrap_or_default()
    }

    /// A metric's name as it stands in a `# HELP` or `# TYPE` line.
    pub fn metric_name(self, name: &str) -> String {
        self.name(name, is_legacy_metric_name(name), is_metric_character)
    }

    /// A label's name as it stands in a sample.
    pub fn label_name(self, name: &str) -> String {
        self.name(name, is_legacy_label_name(name), is_label_character)
    }

    fn name(self, name: &str, is_legacy: bool, is_allowed: fn(usize, char) -> bool) -> String {
        // The dots' underscores are escapes, so there even names of the old alphabet change.
        match self {
            _ if name.is_empty() || is_legacy && self != Self::Dots => name.to_owned(),
            Self::AllowUtf8 => quoted(name),
            _ => self.replace(name, is_allowed),
        }
    }

    /// A metric's name where it needs no quotation marks.
    pub(super) fn unquoted_metric_name(self, name: &str) -> String {
        if self == Self::AllowUtf8 { name.to_owned() } else { self.metric_name(name) }
    }

    /// A label's name where it needs no quotation marks.
    pub(super) fn unquoted_label_name(self, name: &str) -> String {
        if self == Self::AllowUtf8 { name.to_owned() } else { self.label_name(name) }
    }

    /// A sample's name in OpenMetrics, where `prometheus_client` escapes it by the rule for label
    /// names even if it needs no escaping.
    pub(super) fn openmetrics_sample_name(self, name: &str) -> String {
        match self {
            Self::AllowUtf8 => self.metric_name(name),
            _ => self.replace(name, is_label_character),
        }
    }

    fn replace(self, name: &str, is_allowed: fn(usize, char) -> bool) -> String {
        let mut output = String::with_capacity(name.len() + 8);
        if self == Self::Values {
            output.push_str("U__");
        }
        for (index, character) in name.chars().enumerate() {
            self.replace_character(character, is_allowed(index, character), &mut output);
        }
        output
    }

    fn replace_character(self, character: char, is_allowed: bool, output: &mut String) {
        match (self, character) {
            (Self::Dots | Self::Values, '_') => output.push_str("__"),
            (Self::Dots, '.') => output.push_str("_dot_"),
            _ if is_allowed => output.push(character),
            (Self::Dots, _) => output.push_str("__"),
            (Self::Values, _) => {
                let _ = write!(output, "_{:x}_", u32::from(character));
            }
            _ => output.push('_'),
        }
    }
}

fn is_label_character(index: usize, character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || (index > 0 && character.is_ascii_digit())
}

fn is_metric_character(index: usize, character: char) -> bool {
    character == ':' || is_label_character(index, character)
}

/// Whether a metric's name needs no escaping in any format.
pub fn is_legacy_metric_name(name: &str) -> bool {
    !name.is_empty() && name.chars().enumerate().all(|(index, c)| is_metric_character(index, c))
}

/// Whether a label's name needs no escaping: the reserved ones, which begin with `__`, do.
fn is_legacy_label_name(name: &str) -> bool {
    !name.starts_with("__")
        && name.chars().enumerate().all(|(index, c)| is_label_character(index, c))
}

fn quoted(name: &str) -> String {
    let mut output = String::from('"');
    write_escaped(&mut output, name);
    output.push('"');
    output
}

/// Appends text with backslash, line break and quotation mark escaped: a label's value, or the help
/// text of OpenMetrics.
pub(super) fn write_escaped(output: &mut String, text: &str) {
    write_with_backslashes(output, text, |byte| matches!(byte, b'\\' | b'\n' | b'"'));
}

/// Appends the help text of the text format, in which quotation marks stay as they are.
pub(super) fn write_help(output: &mut String, text: &str) {
    write_with_backslashes(output, text, |byte| matches!(byte, b'\\' | b'\n'));
}

#[inline]
fn write_with_backslashes(output: &mut String, text: &str, is_special: impl Fn(u8) -> bool) {
    let mut rest = text;
    while let Some(place) = rest.bytes().position(&is_special) {
        output.push_str(&rest[..place]);
        output.push('\\');
        output.push_str(match &rest[place..=place] {
            "\n" => "n",
            character => character,
        });
        rest = &rest[place + 1..];
    }
    output.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The right-hand sides were printed by `prometheus_client` 0.26.
    #[test]
    fn names_are_escaped_as_prometheus_client_escapes_them() {
        let table = [
            (Escaping::Underscores, "a.b:c", "a_b:c", "a_b_c"),
            (Escaping::Dots, "a.b_c:é", "a_dot_b__c:__", "a_dot_b__c____"),
            (Escaping::Values, "a.b_c:é", "U__a_2e_b__c:_e9_", "U__a_2e_b__c_3a__e9_"),
            (Escaping::Values, "a_b", "a_b", "a_b"),
            (Escaping::AllowUtf8, "a\"b", "\"a\\\"b\"", "\"a\\\"b\""),
            (Escaping::AllowUtf8, "1a", "\"1a\"", "\"1a\""),
            (Escaping::Underscores, "1a", "_a", "_a"),
            (Escaping::AllowUtf8, "__a", "__a", "\"__a\""),
            (Escaping::Dots, "", "", ""),
        ];
        for (scheme, name, metric, label) in table {
            assert_eq!(scheme.metric_name(name), metric, "{scheme:?}");
            assert_eq!(scheme.label_name(name), label, "{scheme:?}");
        }
    }

    #[test]
    fn a_sample_of_openmetrics_is_escaped_though_its_name_is_valid() {
        assert_eq!(Escaping::Underscores.openmetrics_sample_name("a:b"), "a_b");
        assert_eq!(Escaping::Values.openmetrics_sample_name("a_b"), "U__a__b");
        assert_eq!(Escaping::AllowUtf8.openmetrics_sample_name("a_b"), "a_b");
    }

    proptest! {
        #[test]
        fn escaped_text_is_on_one_line_and_can_be_read_back(text: String) {
            let mut escaped = String::new();
            write_escaped(&mut escaped, &text);
            prop_assert!(!escaped.contains('\n'));
            let mut characters = escaped.chars();
            let mut original = String::new();
            while let Some(character) = characters.next() {
                prop_assert_ne!(character, '"');
                original.push(match character {
                    '\\' => match characters.next() { Some('n') => '\n', other => other.unwrap() },
                    other => other,
                });
            }
            prop_assert_eq!(original, text);
        }

        #[test]
        fn only_quoted_names_leave_the_old_alphabet(name in ".{1,12}") {
            for scheme in [Escaping::Underscores, Escaping::Dots, Escaping::Values] {
                prop_assert!(is_legacy_metric_name(&scheme.metric_name(&name)));
                prop_assert!(is_legacy_metric_name(&scheme.label_name(&name)));
            }
        }
    }
}
