//! Columns of numbers as blobs: `pco` throughout, bit for bit, NaN payloads included.

use pco::ChunkConfig;
use pco::data_types::Number;
use pco::errors::PcoError;
use pco::standalone::{simple_compress, simple_decompress};

/// Compresses a column.
pub fn pack<T: Number>(numbers: &[T]) -> Vec<u8> {
    // The only errors are of a configuration out of range, and the default is not.
    simple_compress(numbers, &ChunkConfig::default()).unwrap_or_default()
}

/// The column that `pack` made a blob of; an error if the blob is not one of its.
pub fn unpack<T: Number>(blob: &[u8]) -> Result<Vec<T>, PcoError> {
    simple_decompress(blob)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::STALE_MARKER;

    proptest! {
        #[test]
        fn every_bit_pattern_comes_back(bits in prop::collection::vec(any::<u64>(), 0..600)) {
            let values: Vec<f64> = bits.iter().copied().map(f64::from_bits).collect();
            let back: Vec<f64> = unpack(&pack(&values)).unwrap();
            prop_assert_eq!(back.into_iter().map(f64::to_bits).collect::<Vec<_>>(), bits);
        }
    }

    #[test]
    fn special_values_keep_their_bits() {
        let values = [STALE_MARKER, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1.5];
        let back: Vec<f64> = unpack(&pack(&values)).unwrap();
        assert_eq!(back.map_bits(), values.to_vec().map_bits());
    }

    #[test]
    fn a_foreign_blob_is_an_error() {
        assert!(unpack::<f64>(b"not a column").is_err());
    }

    trait Bits {
        fn map_bits(self) -> Vec<u64>;
    }

    impl Bits for Vec<f64> {
        fn map_bits(self) -> Vec<u64> {
            self.into_iter().map(f64::to_bits).collect()
        }
    }
}
