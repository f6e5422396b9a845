//! Damaged and hostile shards end in an error that names the frame, with bounded memory.

use framewire_zarr_shard::{read_index, write_index, Entry, Packer, ShardError, Unpacker};
use proptest::prelude::*;

const PIXELS: usize = 24 * 40;

fn pixels(frame: usize) -> Vec<u8> {
    (0..PIXELS).map(|at| ((at * at) >> 4) as u8 ^ (at * frame) as u8).collect()
}

fn packed(frame: usize) -> Vec<u8> {
    Packer::new().pack(&pixels(frame)).expect("packs").bytes.to_vec()
}

/// A whole shard of three frames.
fn shard() -> Vec<u8> {
    let (mut shard, mut entries) = (Vec::new(), Vec::new());
    for frame in 0..3 {
        let data = packed(frame);
        entries.push(Some(Entry { offset: shard.len() as u64, length: data.len() as u64 }));
        shard.extend(data);
    }
    shard.extend(write_index(&entries));
    shard
}

/// Every frame of `shard`, or the first error.
fn read(shard: &[u8]) -> Result<Vec<Vec<u8>>, ShardError> {
    let mut unpacker = Unpacker::new();
    let entries = read_index(shard, 3, shard.len() as u64)?;
    let frames = (0..).zip(entries).map(|(frame, entry)| {
        let Entry { offset, length } = entry.expect("none is absent");
        let data = &shard[offset as usize..][..length as usize];
        Ok(unpacker.unpack(data, frame, PIXELS as u64)?.pixels.to_vec())
    });
    frames.collect()
}

fn reason(data: &[u8], expected: u64) -> String {
    match Unpacker::new().unpack(data, 5, expected) {
        Err(ShardError::Frame { frame: 5, reason }) => reason,
        other => panic!("{:?}", other.map(|frame| frame.xxh64)),
    }
}

/// The header of a frame that declares `size` bytes, then `rest`.
fn declaring(size: u64, rest: &[u8]) -> Vec<u8> {
    [&[0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000][..], &size.to_le_bytes(), rest].concat()
}

/// An RLE block of `size` zeros; `last` ends the frame.
fn rle(size: u32, last: bool) -> [u8; 4] {
    let header = (size << 3 | 1 << 1 | u32::from(last)).to_le_bytes();
    [header[0], header[1], header[2], 0]
}

/// Every single bit of a shard. One bit of a frame's header is free by the format (RFC 8878: "unused bit"), so that a
/// frame which differs there is read, to the same pixels; anything else is an error of the part that was hit.
#[test]
fn a_flipped_bit_anywhere_never_changes_a_pixel() {
    let sound = shard();
    let entries = read_index(&sound, 3, sound.len() as u64).expect("sound");
    let frames = read(&sound).expect("sound");
    for bit in 0..sound.len() * 8 {
        let mut shard = sound.clone();
        shard[bit / 8] ^= 1 << (bit % 8);
        let hit = (0..).zip(&entries).find(|(_, entry)| {
            let entry = entry.expect("none is absent");
            (entry.offset..entry.offset + entry.length).contains(&(bit as u64 / 8))
        });
        match (read(&shard), hit) {
            (Err(ShardError::IndexCrc { .. }), None) => {}
            (Err(ShardError::Frame { frame, .. } | ShardError::FrameSize { frame, .. }), Some((hit, _))) => {
                assert_eq!(frame, hit, "bit {bit}");
            }
            (Ok(read), Some(_)) => {
                assert_eq!(read, frames, "bit {bit}");
                assert_eq!(bit % 8, 4, "bit {bit} is not the unused one");
            }
            other => panic!("bit {bit}: {other:?}"),
        }
    }
}

#[test]
fn a_frame_cut_anywhere_is_damaged() {
    let data = packed(1);
    for length in 0..data.len() {
        reason(&data[..length], PIXELS as u64);
    }
}

#[test]
fn bytes_behind_a_frame_are_refused() {
    let data = packed(1);
    let follow = "other bytes follow it";
    assert_eq!(reason(&[&data[..], &[0]].concat(), PIXELS as u64), follow);
    assert_eq!(reason(&[&data[..], &data].concat(), PIXELS as u64), follow);
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 1];
    assert_eq!(reason(&[&data[..], &skippable].concat(), PIXELS as u64), follow);
    assert_eq!(reason(&[&skippable[..], &data].concat(), PIXELS as u64), "it does not begin as a zstd frame");
    assert_eq!(reason(&skippable, 0), "it does not begin as a zstd frame");
}

#[test]
fn a_frame_of_another_size_is_named_with_both_sizes() {
    let sizes = |expected| match Unpacker::new().unpack(&packed(0), 7, expected) {
        Err(ShardError::FrameSize { frame: 7, expected, actual }) => (expected, actual),
        other => panic!("{:?}", other.map(|frame| frame.xxh64)),
    };
    assert_eq!(sizes(959), (959, 960));
    assert_eq!(sizes(0), (0, 960));
    assert_eq!(sizes(10_000_000_000), (10_000_000_000, 960));
}

#[test]
fn a_claim_of_ten_gigabytes_takes_no_memory() {
    const CLAIM: u64 = 10_000_000_000;
    let data = declaring(CLAIM, &rle(128 << 10, true));
    let error = Unpacker::new().unpack(&data, 0, 960).expect_err("too large");
    assert_eq!(error, ShardError::FrameSize { frame: 0, expected: 960, actual: CLAIM });
    // The dims lie alike: the frame is too short to hold so much.
    let too_short = "it is too short for the size that it declares";
    for claim in [CLAIM, 1 << 62, u64::MAX - 3] {
        assert_eq!(reason(&declaring(claim, &rle(128 << 10, true)), claim), too_short);
    }
}

#[test]
fn blocks_that_hold_less_or_more_than_declared_are_damaged() {
    let good = declaring(1000, &rle(1000, true));
    assert_eq!(Unpacker::new().unpack(&good, 0, 1000).expect("sound").pixels, vec![0; 1000]);
    for size in [999, 1001] {
        reason(&declaring(1000, &rle(size, true)), 1000);
    }
    reason(&declaring(1000, &rle(1000, false)), 1000);
}

#[test]
fn a_frame_without_content_size_must_unpack_to_the_dims() {
    // Descriptor 0: neither content size nor single segment; a window byte follows.
    let frame = |size| [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0x38][..], &rle(size, true)].concat();
    assert_eq!(Unpacker::new().unpack(&frame(1000), 0, 1000).expect("sound").pixels, vec![0; 1000]);
    let short = Unpacker::new().unpack(&frame(900), 3, 1000).expect_err("short");
    assert_eq!(short, ShardError::FrameSize { frame: 3, expected: 1000, actual: 900 });
    assert!(Unpacker::new().unpack(&frame(1100), 3, 1000).is_err());
}

#[test]
fn an_unpacker_goes_on_after_an_error() {
    let mut unpacker = Unpacker::new();
    let mut broken = packed(2);
    broken[40] ^= 0x55;
    for _ in 0..3 {
        assert!(unpacker.unpack(&broken, 0, PIXELS as u64).is_err());
        assert_eq!(unpacker.unpack(&packed(1), 0, PIXELS as u64).expect("sound").pixels, pixels(1));
    }
}

proptest! {
    #[test]
    fn unpacking_is_total(data: Vec<u8>, expected in 0u64..100_000) {
        let magic = [&[0x28, 0xb5, 0x2f, 0xfd][..], &data].concat();
        for data in [data, magic] {
            if let Ok(frame) = Unpacker::new().unpack(&data, 0, expected) {
                prop_assert_eq!(frame.pixels.len() as u64, expected);
            }
        }
    }

    #[test]
    fn a_mutilated_frame_never_changes_a_pixel(
        frame in 0usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut data = packed(frame);
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        if let Ok(read) = Unpacker::new().unpack(&data, 0, PIXELS as u64) {
            prop_assert_eq!(read.pixels, pixels(frame));
        }
    }
}
