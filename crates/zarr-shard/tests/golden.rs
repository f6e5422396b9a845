//! Shards of the service's own client (see `data/README.md`) read back equal to what was put in.

use framewire_zarr_shard::{read_index, write_index, Entry, Unpacker};

const OUT_OF_ORDER: &[u8] = include_bytes!("data/out-of-order.bin");
const ABSENT_FRAME: &[u8] = include_bytes!("data/absent-frame.bin");
const REAL_CROP: &[u8] = include_bytes!("data/real-crop.bin");

/// XXH64 of the frames of `REAL_CROP`, by another implementation.
const REAL_CROP_XXH64: [u64; 8] = [
    0x556c_0d74_b8e3_0faa,
    0x54fb_ba03_5a00_a2b7,
    0x472b_6ca3_b48b_bb3b,
    0x90ef_cba3_26ef_2a42,
    0xa789_00ae_86c0_6a41,
    0x9da9_1471_4623_133d,
    0x162e_a7c5_54ce_3933,
    0x7710_8bb5_236f_7b01,
];

fn pattern(i: u32, k: u32) -> Vec<u8> {
    let pixel = |y: u32, x: u32| (((3 * x + 5 * y + 17 * i + 29 * k) ^ ((x * y) >> 3)) & 255) as u8;
    (0..32).flat_map(|y| (0..48).map(move |x| pixel(y, x))).collect()
}

fn index_of(shard: &[u8], frames: u32) -> Vec<Option<Entry>> {
    read_index(shard, frames, shard.len() as u64).expect("the index is sound")
}

fn slice(shard: &[u8], entry: Entry) -> &[u8] {
    &shard[entry.offset as usize..][..entry.length as usize]
}

#[test]
fn frames_out_of_order_are_found_by_the_index() {
    let mut unpacker = Unpacker::new();
    let entries = index_of(OUT_OF_ORDER, 8);
    for (i, entry) in (0..).zip(&entries) {
        let data = slice(OUT_OF_ORDER, entry.expect("present"));
        assert_eq!(unpacker.unpack(data, i, 32 * 48).expect("sound").pixels, pattern(i, 1));
    }
}

#[test]
fn an_absent_frame_is_told_from_a_present_one() {
    let mut unpacker = Unpacker::new();
    let entries = index_of(ABSENT_FRAME, 4);
    assert_eq!(entries[1], None);
    for i in [0, 2, 3] {
        let data = slice(ABSENT_FRAME, entries[i as usize].expect("present"));
        assert_eq!(unpacker.unpack(data, i, 32 * 48).expect("sound").pixels, pattern(i, 0));
    }
}

#[test]
fn frames_of_a_camera_have_the_hashes_another_program_took() {
    let mut unpacker = Unpacker::new();
    for ((i, entry), xxh64) in (0..).zip(index_of(REAL_CROP, 8)).zip(REAL_CROP_XXH64) {
        let data = slice(REAL_CROP, entry.expect("present"));
        assert_eq!(unpacker.unpack(data, i, 64 * 96).expect("sound").xxh64, xxh64);
    }
}

#[test]
fn an_index_is_written_as_the_client_writes_it() {
    for (shard, frames) in [(OUT_OF_ORDER, 8), (ABSENT_FRAME, 4), (REAL_CROP, 8)] {
        let written = write_index(&index_of(shard, frames));
        assert_eq!(written, shard[shard.len() - written.len()..]);
    }
}
