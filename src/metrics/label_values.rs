//! The label values of one child, in as few bytes as they need.

/// Separates the values; a byte that UTF-8 never has.
const SEPARATOR: u8 = 0xFF;

/// Label values in the order of the family's label names, one behind the other.
///
/// One family can have a million children: this is a view of the bytes that a child carries in its
/// own allocation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LabelValues<'a>(&'a [u8]);

impl<'a> LabelValues<'a> {
    pub(super) fn from_key(key: &'a [u8]) -> Self {
        Self(key)
    }

    /// The values, of which a family without labels has none.
    pub fn iter(self, label_count: usize) -> impl Iterator<Item = &'a str> {
        self.0
            .split(|byte| *byte == SEPARATOR)
            .take(label_count)
            // Made of strings, so there is nothing to refuse.
            .map(|value| std::str::from_utf8(value).unwrap_or_default())
    }
}

/// What identifies a child within its family.
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn new(values: &[&str]) -> Self {
        let mut bytes = Vec::with_capacity(values.iter().map(|value| value.len() + 1).sum());
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                bytes.push(SEPARATOR);
            }
            bytes.extend_from_slice(value.as_bytes());
        }
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_come_back_as_they_were(values in prop::collection::vec(".{0,6}", 0..4)) {
            let borrowed: Vec<&str> = values.iter().map(String::as_str).collect();
            let key = Key::new(&borrowed);
            let read: Vec<&str> =
                LabelValues::from_key(key.as_bytes()).iter(values.len()).collect();
            prop_assert_eq!(read, borrowed);
        }
    }
}
