//! Rows of gray pixels to 16-bit values, against the bits in which each pixel lies.

use framewire_pixels::{unpack, Format, PixelError};
use proptest::prelude::*;

const GRAY: [Format; 7] = [
    Format::U8,
    Format::U16Le,
    Format::U16Be,
    Format::Mono10p,
    Format::Mono12p,
    Format::Mono10Packed,
    Format::Mono12Packed,
];

/// Pixel `at` of a row, by the definitions of the formats.
fn pixel(row: &[u8], format: Format, at: usize) -> u16 {
    let stream = |bits: usize| {
        (0..bits).fold(0, |value, k| {
            let bit = at * bits + k;
            value | u16::from(row[bit / 8] >> (bit % 8) & 1) << k
        })
    };
    let group = 3 * (at / 2);
    let high = || u16::from(row[group + 2 * (at % 2)]);
    let low = |bits: u32| u16::from(row[group + 1] >> (4 * (at % 2))) & ((1 << bits) - 1);
    match format {
        Format::U8 => row[at].into(),
        Format::U16Le => u16::from(row[2 * at]) | u16::from(row[2 * at + 1]) << 8,
        Format::U16Be => u16::from(row[2 * at]) << 8 | u16::from(row[2 * at + 1]),
        Format::Mono10p => stream(10),
        Format::Mono12p => stream(12),
        Format::Mono10Packed => high() << 2 | low(2),
        Format::Mono12Packed => high() << 4 | low(4),
        _ => unreachable!(),
    }
}

fn row_bytes(format: Format, pixels: usize) -> usize {
    format.bytes(pixels as u64).expect("small") as usize
}

proptest! {
    #[test]
    fn rows_with_padding(
        format in prop::sample::select(&GRAY[..]),
        height in 1usize..6,
        width in 1usize..40,
        padding in 0usize..4,
        seed in any::<u64>(),
    ) {
        let stride = row_bytes(format, width) + padding;
        let frame = noise(stride * height, seed);
        let mut values = vec![7; 3];
        unpack(&frame, format, [height, width], Some(stride), &mut values).expect("unpacks");
        let rows = frame.chunks(stride);
        let expected: Vec<u16> =
            rows.flat_map(|row| (0..width).map(move |at| pixel(row, format, at))).collect();
        prop_assert_eq!(values, expected);
    }

    #[test]
    fn rows_that_follow_each_other_to_the_bit(
        format in prop::sample::select(&GRAY[..]),
        height in 1usize..6,
        width in 1usize..40,
        behind in 0usize..4,
        seed in any::<u64>(),
    ) {
        let frame = noise(row_bytes(format, height * width) + behind, seed);
        let mut values = Vec::new();
        unpack(&frame, format, [height, width], None, &mut values).expect("unpacks");
        let expected: Vec<u16> = (0..height * width).map(|at| pixel(&frame, format, at)).collect();
        prop_assert_eq!(values, expected);
    }

    #[test]
    fn what_does_not_fit_is_refused_before_memory_is_taken(
        format in prop::sample::select(&Format::ALL[..]),
        height in any::<usize>(),
        width in any::<usize>(),
        stride in any::<Option<usize>>(),
        frame in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut values = Vec::new();
        match unpack(&frame, format, [height, width], stride, &mut values) {
            Ok(()) => prop_assert!(values.len() <= frame.len()),
            Err(_) => prop_assert_eq!(values.capacity(), 0),
        }
    }
}

#[test]
fn colours_are_no_gray_values() {
    let refused = unpack(&[0; 12], Format::Rgb8, [1, 1], None, &mut Vec::new());
    assert_eq!(refused, Err(PixelError::GrayNeeded("rgb8")));
}

fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(bytes)
    .collect()
}
