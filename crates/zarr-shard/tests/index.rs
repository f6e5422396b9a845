//! The index reader believes nothing that its bytes say before it is checked.

use framewire_zarr_shard::{crc32c, read_index, write_index, Entry, ShardError};
use proptest::prelude::*;

fn entry(offset: u64, length: u64) -> Option<Entry> {
    Some(Entry { offset, length })
}

fn read_after(data_bytes: u64, entries: &[Option<Entry>]) -> Result<Vec<Option<Entry>>, ShardError> {
    let index = write_index(entries);
    read_index(&index, entries.len() as u32, data_bytes + index.len() as u64)
}

#[test]
fn layout_is_little_endian_pairs_and_their_crc() {
    let index = write_index(&[entry(0x0102, 3), None]);
    let mut pairs = vec![2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0];
    pairs.extend([0xff; 16]);
    let crc = crc32c(&pairs).to_le_bytes();
    assert_eq!(index, [&pairs[..], &crc].concat());
}

#[test]
fn impossible_entries_are_refused_by_frame() {
    for (entries, frame) in [
        (vec![entry(0, 10), entry(10, 91)], 1),         // reaches into the index
        (vec![entry(u64::MAX - 1, 5), entry(0, 5)], 0), // wraps around
        (vec![entry(u64::MAX, 5), entry(0, 5)], 0),     // half absent
        (vec![entry(0, 5), entry(5, u64::MAX)], 1),     // half absent
        (vec![entry(0, 10), entry(20, 0)], 1),          // empty
        (vec![entry(0, 10), entry(9, 5)], 1),           // overlaps the one before
        (vec![entry(9, 5), entry(0, 10)], 0),           // overlaps, other order
        (vec![entry(0, 10), entry(0, 10)], 1),          // the same bytes twice
        (vec![entry(0, 50), None, entry(60, 5), entry(10, 5)], 3), // lies inside of another
    ] {
        let error = read_after(100, &entries).expect_err("impossible");
        assert!(matches!(error, ShardError::IndexEntry { frame: named, .. } if named == frame), "{error:?}");
    }
    assert_eq!(read_after(100, &[entry(90, 10), None, entry(0, 90)]).expect("sound").len(), 3);
}

#[test]
fn a_shard_shorter_than_its_index_is_truncated() {
    let index = write_index(&[None; 3]);
    let short = ShardError::Truncated { bytes: 51, needed: 52 };
    assert_eq!(read_index(&index[1..], 3, 500), Err(short.clone()));
    assert_eq!(read_index(&index, 3, 51), Err(short));
    assert!(matches!(read_index(&[], u32::MAX, u64::MAX), Err(ShardError::Truncated { .. })));
    assert!(matches!(read_index(&[], 0, 0), Err(ShardError::Truncated { bytes: 0, needed: 4 })));
}

#[test]
fn another_number_of_frames_is_seen_by_the_crc() {
    let index = write_index(&[entry(0, 1), entry(1, 1), entry(2, 1)]);
    assert!(matches!(read_index(&index, 2, 55), Err(ShardError::IndexCrc { .. })));
}

proptest! {
    #[test]
    fn reads_what_was_written(lengths in prop::collection::vec(prop::option::of(1u64..1 << 40), 0..60), ahead in 0usize..40) {
        let mut end = 0;
        let entries: Vec<_> = lengths.iter().map(|length| length.map(|length| {
            let offset = end;
            end += length;
            Entry { offset, length }
        })).collect();
        let index = write_index(&entries);
        let tail = [&vec![7; ahead][..], &index].concat();
        prop_assert_eq!(read_index(&tail, entries.len() as u32, end + index.len() as u64), Ok(entries));
    }

    #[test]
    fn every_flipped_bit_is_found(frames in 1u64..8, at: prop::sample::Index) {
        let entries: Vec<_> = (0..frames).map(|frame| entry(frame * 100, 100)).collect();
        let mut index = write_index(&entries);
        let bit = at.index(index.len() * 8);
        index[bit / 8] ^= 1 << (bit % 8);
        let read = read_index(&index, frames as u32, frames * 100 + index.len() as u64);
        let found = matches!(read, Err(ShardError::IndexCrc { .. }));
        prop_assert!(found);
    }

    #[test]
    fn is_total(tail: Vec<u8>, frames in 0u32..20, shard_bytes: u64) {
        let _ = read_index(&tail, frames, shard_bytes);
    }

    #[test]
    fn what_passes_lies_in_the_data_and_apart(pairs in prop::collection::vec((0u64..120, 0u64..60), 1..5)) {
        let entries: Vec<_> = pairs.iter().map(|&(offset, length)| entry(offset, length)).collect();
        if read_after(100, &entries).is_ok() {
            let mut covered = [0u8; 100];
            for (offset, length) in pairs {
                covered[offset as usize..][..length as usize].iter_mut().for_each(|count| *count += 1);
            }
            prop_assert!(covered.iter().all(|count| *count <= 1));
        }
    }
}
