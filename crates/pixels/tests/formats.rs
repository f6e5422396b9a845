//! Every format against its definition, told bit by bit or by known bytes of the standards.

use framewire_pixels::{measure, Conversion, Converter, Format, Gray, PixelError, Range};
use proptest::prelude::*;

/// Whether a frame of up to 12 bit holds these values: in each range of 256 counts it converts like plain 16-bit pixels.
fn holds(frame: &[u8], format: Format, values: &[u16]) -> bool {
    let plain: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let dims = [1, values.len() as u32];
    let (mut converter, mut reference) = (Converter::default(), Converter::default());
    (0..4096).step_by(256).all(|lo| {
        let conversion = Conversion { range: Some(Range::Span { lo, hi: lo + 255 }), gray: None };
        let expected = reference.convert(&plain, Format::U16Le, dims, conversion).expect("plain pixels");
        converter.convert(frame, format, dims, conversion).expect("converts") == expected
    })
}

/// Pixel `at` of a little-endian bit stream, taken bit by bit.
fn stream_pixel(frame: &[u8], at: usize, bits: usize) -> u16 {
    (0..bits).fold(0, |value, k| {
        let bit = at * bits + k;
        value | u16::from(frame[bit / 8] >> (bit % 8) & 1) << k
    })
}

fn one(frame: &[u8], format: Format, gray: Option<Gray>) -> u16 {
    let (min, max) = measure(frame, format, [1, 1], gray).expect("one pixel");
    assert_eq!(min, max);
    min
}

#[test]
fn known_bytes_of_the_standards() {
    // PFNC 2.4: Mono10p and Mono12p are filled from the least significant bit on.
    assert_eq!(one(&[0x01, 0x02], Format::Mono10p, None), 0x201);
    assert_eq!(one(&[0x34, 0x0a], Format::Mono12p, None), 0xa34);
    // GigE Vision 2.0, Mono12Packed: high byte, low bits of both, high byte.
    let extremes = |frame: &[u8], format| measure(frame, format, [1, 2], None).expect("two pixels");
    assert_eq!(extremes(&[0x12, 0xb3, 0xcd], Format::Mono12Packed), (0x123, 0xcdb));
    assert_eq!(extremes(&[0x48, 0x21, 0xc0], Format::Mono10Packed), (0x121, 0x302));
    assert_eq!(one(&[0x12, 0x34], Format::U16Be, None), 0x1234);
    assert_eq!(one(&[0x12, 0x34], Format::U16Le, None), 0x3412);
}

#[test]
fn colours_become_gray_by_the_stated_formulas() {
    let rgb = |r, g, b, gray| one(&[r, g, b], Format::Rgb8, Some(gray));
    assert_eq!(rgb(1, 1, 0, Gray::Mean), 0);
    assert_eq!(rgb(255, 255, 254, Gray::Mean), 254);
    assert_eq!(rgb(255, 0, 0, Gray::Luma), 76); // 76.245
    assert_eq!(rgb(0, 255, 0, Gray::Luma), 149); // 149.685
    assert_eq!(rgb(0, 0, 255, Gray::Luma), 29); // 29.07
    assert_eq!(rgb(255, 255, 255, Gray::Luma), 255);
    let wide = [0xff, 0xff, 0, 0, 0x03, 0x00, 0xaa, 0xbb];
    assert_eq!(one(&wide, Format::Rgba16Le, Some(Gray::Mean)), ((0xffff + 3) / 3u32) as u16);
    assert_eq!(one(&wide, Format::Rgba16Be, Some(Gray::Mean)), ((0xffff + 0x300) / 3u32) as u16);
    assert_eq!(
        one(&wide[..6], Format::Rgb16Le, Some(Gray::Luma)),
        ((299 * 65535 + 114 * 3) / 1000u32) as u16
    );
    assert_eq!(one(&[9, 9, 9, 77], Format::Rgba8, Some(Gray::Mean)), 9);
}

#[test]
fn sizes_that_do_not_fit_are_told_with_both() {
    let size = |bytes: usize, format| measure(&vec![0; bytes], format, [3, 3], Some(Gray::Mean));
    for (format, bytes) in [
        (Format::U8, 9),
        (Format::U16Le, 18),
        (Format::Mono10p, 12),
        (Format::Mono12p, 14),
        (Format::Mono10Packed, 14),
        (Format::Mono12Packed, 14),
        (Format::Rgb8, 27),
        (Format::Rgba8, 36),
        (Format::Rgb16Be, 54),
        (Format::Rgba16Be, 72),
    ] {
        assert_eq!(size(bytes, format), Ok((0, 0)), "{format:?}");
        let expected = bytes as u64;
        for wrong in [bytes - 1, bytes + 1, 0] {
            assert_eq!(size(wrong, format), Err(PixelError::Size { expected, actual: wrong as u64 }));
        }
    }
    for dims in [[0, 5], [5, 0], [0, 0], [u32::MAX, u32::MAX]] {
        assert!(measure(&[], Format::Rgba16Le, dims, Some(Gray::Mean)).is_err(), "{dims:?}");
    }
}

#[test]
fn names_are_read_back() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert_eq!("MONO8".parse::<Format>(), Err(PixelError::UnknownFormat("MONO8".into())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bit_streams_are_read_bit_by_bit(frame in prop::collection::vec(any::<u8>(), 2..60)) {
        for (format, bits) in [(Format::Mono10p, 10), (Format::Mono12p, 12)] {
            let pixels = frame.len() * 8 / bits;
            let used = (pixels * bits).div_ceil(8);
            let expected: Vec<u16> = (0..pixels).map(|at| stream_pixel(&frame, at, bits)).collect();
            prop_assert!(holds(&frame[..used], format, &expected));
        }
    }

    #[test]
    fn packed_pairs_share_their_middle_byte(pairs in prop::collection::vec(any::<[u16; 2]>(), 1..30), odd: bool) {
        let pixels = pairs.len() * 2 - usize::from(odd);
        let high = |value: u16, low: u32| (value >> low) as u8;
        for (format, low) in [(Format::Mono12Packed, 4), (Format::Mono10Packed, 2)] {
            let mask = (1 << low) - 1;
            let frame: Vec<u8> = pairs
                .iter()
                .map(|pair| pair.map(|value| value & ((1 << (8 + low)) - 1)))
                .flat_map(|[a, b]| [high(a, low), (a & mask | (b & mask) << 4) as u8, high(b, low)])
                .collect();
            let expected: Vec<u16> =
                pairs.iter().flatten().take(pixels).map(|value| value & ((1 << (8 + low)) - 1)).collect();
            let used = frame.len() - usize::from(odd);
            prop_assert!(holds(&frame[..used], format, &expected));
        }
    }

    /// Longer than a band, so that the seams between bands are crossed.
    #[test]
    fn long_frames_keep_their_order(pixels in 4000usize..9000, seed: u16) {
        let value = |at: usize| (at as u16).wrapping_mul(31).wrapping_add(seed) & 0x3ff;
        let mut stream = vec![0u8; (pixels * 10).div_ceil(8)];
        for bit in (0..pixels * 10).filter(|bit| value(bit / 10) >> (bit % 10) & 1 == 1) {
            stream[bit / 8] |= 1 << (bit % 8);
        }
        let plain: Vec<u8> = (0..pixels).flat_map(|at| value(at).to_be_bytes()).collect();
        let range = Some(Range::Span { lo: 100, hi: 900 });
        let convert = |frame: &[u8], format| {
            let mut converter = Converter::default();
            let conversion = Conversion { range, gray: None };
            let prepared = converter.convert(frame, format, [pixels as u32, 1], conversion).expect("converts");
            (prepared.pixels.to_vec(), prepared.clamped)
        };
        let (bytes, clamped) = convert(&plain, Format::U16Be);
        let expected = |at| ((i64::from(value(at)) - 100) * 255).div_euclid(800).clamp(0, 255) as u8;
        prop_assert_eq!(&bytes, &(0..pixels).map(expected).collect::<Vec<_>>());
        prop_assert_eq!(clamped, (0..pixels).filter(|&at| !(100..=900).contains(&value(at))).count() as u64);
        prop_assert_eq!(convert(&stream, Format::Mono10p), (bytes, clamped));
    }

    #[test]
    fn any_call_ends(frame: Vec<u8>, height in 0u32..20, width in 0u32..20, format in 0usize..13, lo: u16, hi: u16) {
        let format = Format::ALL[format];
        let mut converter = Converter::default();
        for range in [None, Some(Range::Max), Some(Range::Span { lo, hi })] {
            for gray in [None, Some(Gray::Mean), Some(Gray::Luma)] {
                if let Ok(prepared) = converter.convert(&frame, format, [height, width], Conversion { range, gray }) {
                    prop_assert_eq!(prepared.pixels.len() as u32, height * width);
                }
            }
        }
    }
}
