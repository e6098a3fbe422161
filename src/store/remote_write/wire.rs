//! The body of a request: Prometheus's `WriteRequest` 1.0 in snappy's block format
//! (<https://prometheus.io/docs/specs/prw/remote_write_spec/>).
//!
//! A protobuf message is joined with another by writing one after the other. So is a snappy block,
//! but for the length in front of it: what it copies is told by how far back that lies. Blocks that
//! wait in the queue are therefore packed once, and never unpacked here.

use std::borrow::Cow;

use prost::bytes::BufMut;
use prost::encoding::{WireType, decode_varint, encode_key, encode_varint};
use snap::raw::Encoder;

use crate::model::Labels;

/// A block of samples of one moment, each a `TimeSeries` of its own with the external labels, but for
/// those that it has itself.
pub fn block(external: &Labels, timestamp_ms: i64, samples: &[&(Labels, f64)]) -> Vec<u8> {
    let (mut request, mut series) = (Vec::new(), Vec::new());
    for (labels, value) in samples {
        series.clear();
        put_labels(&mut series, &with_external(external, labels));
        put_sample(&mut series, timestamp_ms, *value);
        put_bytes(&mut request, 1, &series);
    }
    // The only error is a length beyond 4 GB, and a scrape is limited to far less.
    Encoder::new().compress_vec(&request).unwrap_or_default()
}

/// One block with all that is in those; what is no block is left out.
pub fn join(blocks: &[Vec<u8>]) -> Vec<u8> {
    let parts: Vec<(u64, &[u8])> = blocks.iter().filter_map(|block| split(block)).collect();
    let mut joined = Vec::with_capacity(blocks.iter().map(Vec::len).sum());
    encode_varint(parts.iter().map(|(length, _)| length).sum(), &mut joined);
    for (_, packed) in parts {
        joined.extend_from_slice(packed);
    }
    joined
}

/// The length of what is packed, and the packed.
fn split(mut block: &[u8]) -> Option<(u64, &[u8])> {
    let length = decode_varint(&mut block).ok()?;
    Some((length, block))
}

fn with_external<'a>(external: &Labels, labels: &'a Labels) -> Cow<'a, Labels> {
    let missing: Vec<_> = external.iter().filter(|(name, _)| labels.get(name).is_empty()).collect();
    if missing.is_empty() {
        return Cow::Borrowed(labels);
    }
    let mut all = labels.clone();
    for (name, value) in missing {
        all.set(name, value);
    }
    Cow::Owned(all)
}

fn put_labels(series: &mut Vec<u8>, labels: &Labels) {
    let mut pair = Vec::new();
    for (name, value) in labels.iter() {
        pair.clear();
        put_bytes(&mut pair, 1, name.as_bytes());
        put_bytes(&mut pair, 2, value.as_bytes());
        put_bytes(series, 1, &pair);
    }
}

fn put_sample(series: &mut Vec<u8>, timestamp_ms: i64, value: f64) {
    let mut sample = Vec::new();
    encode_key(1, WireType::SixtyFourBit, &mut sample);
    sample.put_f64_le(value);
    encode_key(2, WireType::Varint, &mut sample);
    encode_varint(timestamp_ms.cast_unsigned(), &mut sample);
    put_bytes(series, 2, &sample);
}

fn put_bytes(message: &mut Vec<u8>, tag: u32, bytes: &[u8]) {
    encode_key(tag, WireType::LengthDelimited, message);
    encode_varint(bytes.len() as u64, message);
    message.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::STALE_MARKER;
    use crate::store::remote_write::test_receiver::{Written, unpacked};

    fn written(timestamp_ms: i64, samples: &[(Labels, f64)]) -> Vec<Written> {
        let pairs = |labels: &Labels| {
            labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let one = |(labels, value): &(Labels, f64)| (pairs(labels), timestamp_ms, value.to_bits());
        samples.iter().map(one).collect()
    }

    fn samples() -> impl Strategy<Value = Vec<(Labels, f64)>> {
        let labels = prop::collection::btree_map("[a-c_]{1,3}", ".{0,20}", 1..5);
        let value = prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            Just(STALE_MARKER),
            Just(0.0),
            Just(-0.0),
        ];
        prop::collection::vec((labels.prop_map(Labels::from_iter), value), 0..20)
    }

    proptest! {
        #[test]
        fn joined_blocks_are_read_as_what_went_in_bit_for_bit(
            moments in prop::collection::vec((any::<i64>(), samples()), 0..6),
        ) {
            let block = |(time_ms, samples): &(i64, Vec<_>)| {
                block(&Labels::default(), *time_ms, &samples.iter().collect::<Vec<_>>())
            };
            let joined = join(&moments.iter().map(block).collect::<Vec<_>>());
            let expected: Vec<_> =
                moments.iter().flat_map(|(time_ms, samples)| written(*time_ms, samples)).collect();
            prop_assert_eq!(unpacked(&joined), expected);
        }
    }

    #[test]
    fn external_labels_are_added_in_order_where_there_are_none() {
        let external = Labels::from_iter([("machine", "here"), ("zone", "a")]);
        let labels = Labels::from_iter([("__name__", "agents"), ("n", "1"), ("zone", "b")]);
        let packed = block(&external, 1, &[&(labels, 2.0)]);
        let (labels, ..) = unpacked(&packed).remove(0);
        let expected = [("__name__", "agents"), ("machine", "here"), ("n", "1"), ("zone", "b")];
        assert_eq!(labels, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_repeats_is_packed() {
        let labels = |n| Labels::from_iter([("__name__", "agents_total".to_owned()), ("n", n)]);
        let samples: Vec<_> = (0..500).map(|n| (labels(format!("{n}")), 1.0)).collect();
        let packed =
            block(&Labels::default(), 1_800_000_000_000, &samples.iter().collect::<Vec<_>>());
        assert!(packed.len() < 500 * 20, "{} bytes", packed.len());
    }
}
