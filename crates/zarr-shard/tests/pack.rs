//! What the packer writes is standard zstd, checked by libzstd itself, and depends upon the frame alone.

use framewire_zarr_shard::{xxh64, Packer, Unpacker};
use proptest::prelude::*;
use zstd_safe::{find_frame_compressed_size, get_frame_content_size, DCtx};

/// Numbers from a seed (SplitMix64), so that a frame can be made again.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A smooth picture with bell-shaped noise of about `sd` counts.
fn picture(height: usize, width: usize, sd: f64, seed: u64) -> Vec<u8> {
    let mut random = random(seed);
    let mut bell = || (0..12).map(|_| (random() >> 11) as f64 / (1u64 << 53) as f64).sum::<f64>() - 6.0;
    let (cy, cx) = (height as f64 / 3.0, width as f64 / 2.0);
    let pixel = |at: usize| {
        let (y, x) = ((at / width) as f64 - cy, (at % width) as f64 - cx);
        let spot = 200.0 * (-(y * y + x * x) / 5000.0).exp();
        (spot + 12.0 + sd * bell()).round().clamp(0.0, 255.0) as u8
    };
    (0..height * width).map(pixel).collect()
}

/// Unpacked by libzstd with its defaults, which compares content checksums.
fn unpacked(data: &[u8], length: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(length);
    DCtx::create().decompress(&mut pixels, data).expect("libzstd reads it");
    pixels
}

fn level(level: i32, pixels: &[u8]) -> usize {
    let mut packed = Vec::with_capacity(zstd_safe::compress_bound(pixels.len()));
    zstd_safe::compress(&mut packed, pixels, level).expect("libzstd packs it")
}

#[test]
fn a_frame_carries_its_size_and_a_checksum_that_libzstd_compares() {
    let pixels = picture(64, 96, 2.0, 1);
    let mut packer = Packer::new();
    let packed = packer.pack(&pixels).expect("packs");
    assert_eq!(get_frame_content_size(packed.bytes).expect("a frame"), Some(64 * 96));
    assert_eq!(find_frame_compressed_size(packed.bytes), Ok(packed.bytes.len()));
    assert_eq!(unpacked(packed.bytes, pixels.len()), pixels);
    let mut forged = packed.bytes.to_vec();
    *forged.last_mut().expect("not empty") ^= 1;
    let refused = DCtx::create().decompress(&mut Vec::with_capacity(pixels.len()), &forged);
    assert_eq!(
        zstd_safe::get_error_name(refused.expect_err("differs")),
        "Restored data doesn't match checksum"
    );
}

/// Vectors of the algorithm's own specification.
#[test]
fn xxh64_is_the_published_one() {
    assert_eq!(xxh64(b"", 0), 0xef46_db37_51d8_e999);
    assert_eq!(xxh64(b"a", 0), 0xd24e_c4f1_a98c_6e5b);
    assert_eq!(xxh64(b"abc", 0), 0x44bc_2cf5_ad77_0999);
    let pixels = [7u8; 100];
    assert_eq!(Packer::new().pack(&pixels).expect("packs").xxh64, xxh64(&pixels, 0));
}

#[test]
fn black_frames_are_packed_like_any_other() {
    for length in [1, 15, 4096, 1 << 20] {
        let pixels = vec![0; length];
        let mut packer = Packer::new();
        let packed = packer.pack(&pixels).expect("packs");
        assert!(!packed.bytes.is_empty());
        assert_eq!(unpacked(packed.bytes, length), pixels);
    }
}

#[test]
fn noise_costs_no_more_bytes_than_level_3() {
    for sd in [2.0, 4.0, 8.0] {
        let pixels = picture(600, 800, sd, 3);
        let mut packer = Packer::new();
        let size = packer.pack(&pixels).expect("packs").bytes.len();
        assert!(size <= level(3, &pixels), "sd {sd}: {size} bytes, level 3 {}", level(3, &pixels));
    }
}

#[test]
fn a_clean_frame_is_packed_as_level_1_packs_it() {
    let pixels = picture(600, 800, 0.0, 3);
    let mut packer = Packer::new();
    assert_eq!(packer.pack(&pixels).expect("packs").bytes.len(), level(1, &pixels) + "hash".len());
}

/// Single values are all alike here, rows repeat: code of single values gains nothing, matches nearly all.
#[test]
fn rows_that_repeat_are_seen_in_the_sample() {
    let mut random = random(5);
    let row: Vec<u8> = (0..1388).map(|_| random() as u8).collect();
    let pixels = row.repeat(1038);
    let mut packer = Packer::new();
    assert!(packer.pack(&pixels).expect("packs").bytes.len() < pixels.len() / 50);
}

#[test]
fn the_bytes_do_not_depend_upon_the_frames_before() {
    let frames: Vec<Vec<u8>> = [
        picture(300, 500, 0.0, 1),
        picture(300, 500, 4.0, 2),
        vec![0; 150_000],
        picture(20, 30, 1.0, 3),
        picture(700, 900, 0.7, 4),
        picture(300, 500, 1.5, 5),
    ]
    .into();
    let fresh: Vec<Vec<u8>> =
        frames.iter().map(|frame| Packer::new().pack(frame).expect("packs").bytes.to_vec()).collect();
    let mut worker = Packer::new();
    let mut random = random(9);
    for _ in 0..60 {
        let k = random() as usize % frames.len();
        assert_eq!(worker.pack(&frames[k]).expect("packs").bytes, fresh[k], "frame {k}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_frame_comes_back(seed: u64, height in 1usize..400, width in 1usize..700, sd in 0.0..9.0f64) {
        let pixels = picture(height, width, sd, seed);
        let mut packer = Packer::new();
        let packed = packer.pack(&pixels).expect("packs");
        prop_assert_eq!(&unpacked(packed.bytes, pixels.len()), &pixels);
        let mut unpacker = Unpacker::new();
        let back = unpacker.unpack(packed.bytes, 0, pixels.len() as u64).expect("sound");
        prop_assert_eq!(back.pixels, &pixels);
        prop_assert_eq!(back.xxh64, packed.xxh64);
    }

    #[test]
    fn any_bytes_come_back(pixels in prop::collection::vec(any::<u8>(), 1..3000)) {
        let mut packer = Packer::new();
        let packed = packer.pack(&pixels).expect("packs");
        prop_assert_eq!(unpacked(packed.bytes, pixels.len()), pixels);
    }
}
