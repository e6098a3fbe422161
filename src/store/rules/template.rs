//! The templates of labels and annotations: of Go's language what rules use most.

use super::humanize::{humanize, humanize_duration, humanize_percentage, plain};
use crate::model::Labels;

/// A text with places for an alert's labels and value.
#[derive(Clone, Debug)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Label(String),
    Value(fn(f64) -> String),
}

impl Template {
    /// Reads a template; the error quotes what it can not read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, action)) = rest.split_once("{{") {
            let (action, after) = action.split_once("}}").ok_or_else(|| {
                format!("`{{{{{action}` does not end: `}}}}` is missing", action = action.trim())
            })?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::parse(action.trim())?);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The template as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text for one element of an expression's result.
    pub fn expand(&self, labels: &Labels, value: f64) -> String {
        let expanded = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Label(name) => labels.get(name).to_owned(),
            Part::Value(written) => written(value),
        };
        self.parts.iter().map(expanded).collect()
    }
}

impl Part {
    fn parse(action: &str) -> Result<Self, String> {
        let words: Vec<&str> = action.split_whitespace().collect();
        let part = match words[..] {
            [operand] => label(operand).or_else(|| value(operand, "")),
            [operand, "|", function] | [function, operand] => value(operand, function),
            _ => None,
        };
        part.ok_or_else(|| {
            format!(
                "`{{{{ {action} }}}}` is beyond what this store can expand: `$labels.NAME`, \
                 `$value`, and `$value | humanize`, `humanizeDuration` or `humanizePercentage`"
            )
        })
    }
}

fn label(operand: &str) -> Option<Part> {
    let name = operand.strip_prefix("$labels.").or_else(|| operand.strip_prefix(".Labels."))?;
    crate::model::is_label_name(name).then(|| Part::Label(name.to_owned()))
}

fn value(operand: &str, function: &str) -> Option<Part> {
    if !["$value", ".Value"].contains(&operand) {
        return None;
    }
    Some(Part::Value(match function {
        "" => plain,
        "humanize" => humanize,
        "humanizeDuration" => humanize_duration,
        "humanizePercentage" => humanize_percentage,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(text: &str) -> String {
        let labels = Labels::from_iter([("operator", "4711-1"), ("evil", "{{ $value }}")]);
        Template::parse(text).unwrap().expand(&labels, 6.25)
    }

    #[test]
    fn labels_and_values_are_put_in_their_places() {
        for (template, text) in [
            ("no places", "no places"),
            ("{{ $labels.operator }} at {{$value}} s", "4711-1 at 6.25 s"),
            ("{{ .Labels.operator }}{{ .Value }}", "4711-16.25"),
            ("{{ $value | humanize }}", "6.25"),
            ("{{ humanizeDuration $value }}", "6.25s"),
            ("{{ $value | humanizePercentage }}", "625%"),
            ("[{{ $labels.absent }}]", "[]"),
            ("{{ $labels.evil }}", "{{ $value }}"),
        ] {
            assert_eq!(expanded(template), text);
        }
    }

    #[test]
    fn what_can_not_be_expanded_is_quoted() {
        for (template, quoted) in [
            ("{{ if $value }}x{{ end }}", "`{{ if $value }}`"),
            ("{{ printf \"%.2f\" $value }}", "`{{ printf \"%.2f\" $value }}`"),
            ("{{ query \"up\" }}", "`{{ query \"up\" }}`"),
            ("{{ $labels.operator | humanize }}", "`{{ $labels.operator | humanize }}`"),
            ("{{- $value }}", "`{{ - $value }}`"),
            ("{{ $labels. }}", "`{{ $labels. }}`"),
            ("{{ $value", "`{{$value` does not end"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert!(error.contains(quoted), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_template_or_an_error(text in any::<String>()) {
            let _ = Template::parse(&text);
        }

        #[test]
        fn text_without_places_is_left_as_it_is(text in "[^{]*") {
            prop_assert_eq!(expanded(&text), text);
        }

        #[test]
        fn a_label_is_never_read_as_a_template(value in any::<String>()) {
            let labels = Labels::from_iter([("x", value.clone())]);
            let template = Template::parse("{{ $labels.x }}").unwrap();
            prop_assert_eq!(template.expand(&labels, 0.0), value);
        }
    }
}
