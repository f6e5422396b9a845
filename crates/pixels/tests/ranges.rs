//! 16 to 8 bit against the formula in wide integers, and what is refused.

use framewire_pixels::{measure, Conversion, Converter, Format, Gray, PixelError, Range};
use proptest::prelude::*;

/// `clamp(floor((v - lo) * 255 / (hi - lo)), 0, 255)`, 0 where `hi = lo`.
fn formula(value: u16, lo: u16, hi: u16) -> u8 {
    let [value, lo, hi] = [value, lo, hi].map(i64::from);
    if hi == lo {
        return 0;
    }
    ((value - lo) * 255).div_euclid(hi - lo).clamp(0, 255) as u8
}

fn all_values() -> Vec<u8> {
    (0..=u16::MAX).flat_map(u16::to_le_bytes).collect()
}

fn convert(
    frame: &[u8],
    format: Format,
    dims: [u32; 2],
    conversion: Conversion,
) -> Result<(Vec<u8>, u64), PixelError> {
    let mut converter = Converter::default();
    let prepared = converter.convert(frame, format, dims, conversion)?;
    Ok((prepared.pixels.to_vec(), prepared.clamped))
}

#[test]
fn every_value_in_telling_ranges() {
    let frame = all_values();
    for (lo, hi) in [
        (0, 65535),
        (0, 0),
        (65535, 65535),
        (0, 1),
        (0, 255),
        (0, 254),
        (0, 1023),
        (0, 4095),
        (0, 16383),
        (100, 356),
        (1234, 54321),
        (65534, 65535),
        (1, 65535),
        (30000, 30000),
    ] {
        let range = Some(Range::Span { lo, hi });
        let (bytes, clamped) =
            convert(&frame, Format::U16Le, [256, 256], Conversion { range, gray: None }).expect("converts");
        for value in 0..=u16::MAX {
            assert_eq!(bytes[usize::from(value)], formula(value, lo, hi), "{value} in {lo}:{hi}");
        }
        assert_eq!(clamped, u64::from(lo) + u64::from(u16::MAX - hi), "{lo}:{hi}");
    }
}

#[test]
fn max_is_the_frames_own() {
    let frame: Vec<u8> = [0u16, 10, 500, 1000].iter().flat_map(|value| value.to_be_bytes()).collect();
    let max = Conversion { range: Some(Range::Max), gray: None };
    assert_eq!(convert(&frame, Format::U16Be, [2, 2], max), Ok((vec![0, 2, 127, 255], 0)));
    assert_eq!(convert(&[0; 8], Format::U16Be, [2, 2], max), Ok((vec![0; 4], 0)));
}

#[test]
fn wide_colours_are_gray_before_they_are_ranged() {
    // (1000 + 2000 + 4) / 3 = 1001; ranging each colour first would give another value.
    let frame: Vec<u8> = [1000u16, 2000, 4].iter().flat_map(|value| value.to_le_bytes()).collect();
    let conversion = Conversion { range: Some(Range::Span { lo: 1000, hi: 1510 }), gray: Some(Gray::Mean) };
    assert_eq!(convert(&frame, Format::Rgb16Le, [1, 1], conversion), Ok((vec![0], 0)));
    let narrow = Conversion { range: Some(Range::Span { lo: 1001, hi: 1002 }), gray: Some(Gray::Mean) };
    assert_eq!(convert(&frame, Format::Rgb16Le, [1, 1], narrow), Ok((vec![0], 0)));
    assert_eq!(measure(&frame, Format::Rgb16Le, [1, 1], Some(Gray::Mean)), Ok((1001, 1001)));
}

#[test]
fn eight_bit_frames_pass_as_they_are_unless_a_range_is_stated() {
    let frame = [0, 1, 128, 255];
    assert_eq!(convert(&frame, Format::U8, [2, 2], Conversion::default()), Ok((frame.to_vec(), 0)));
    let range = Some(Range::Span { lo: 1, hi: 128 });
    let stated = Conversion { range, gray: None };
    assert_eq!(convert(&frame, Format::U8, [2, 2], stated), Ok((vec![0, 0, 255, 255], 2)));
    let gray = Conversion { range: None, gray: Some(Gray::Mean) };
    assert_eq!(convert(&[10, 20, 33, 0, 0, 2], Format::Rgb8, [1, 2], gray), Ok((vec![21, 0], 0)));
}

#[test]
fn what_is_not_stated_is_refused() {
    let none = Conversion::default();
    assert_eq!(convert(&[0; 2], Format::U16Le, [1, 1], none), Err(PixelError::RangeNeeded("u16le")));
    assert_eq!(convert(&[0; 3], Format::Rgb8, [1, 1], none), Err(PixelError::GrayNeeded("rgb8")));
    assert_eq!(measure(&[0; 3], Format::Rgb8, [1, 1], None), Err(PixelError::GrayNeeded("rgb8")));
    let gray = Conversion { range: None, gray: Some(Gray::Luma) };
    assert_eq!(convert(&[0; 6], Format::Rgb16Le, [1, 1], gray), Err(PixelError::RangeNeeded("rgb16le")));
    let upside_down = Conversion { range: Some(Range::Span { lo: 5, hi: 4 }), gray: None };
    for (format, bytes) in [(Format::U8, 1), (Format::U16Le, 2)] {
        let refused = convert(&vec![0; bytes], format, [1, 1], upside_down);
        assert_eq!(refused, Err(PixelError::Range("5:4".into())));
    }
}

#[test]
fn ranges_and_grays_are_read_from_text() {
    assert_eq!("max".parse(), Ok(Range::Max));
    assert_eq!("7:4095".parse(), Ok(Range::Span { lo: 7, hi: 4095 }));
    for text in ["", ":", "5", "5:", "a:b", "-1:5", "0:65536", "0.5:3", "1:2:3", "NaN:NaN", "0:1e+21", "Max"]
    {
        assert_eq!(text.parse::<Range>(), Err(PixelError::Range(text.into())), "{text}");
    }
    assert_eq!("mean".parse(), Ok(Gray::Mean));
    assert_eq!("luma".parse(), Ok(Gray::Luma));
    assert_eq!("red".parse::<Gray>(), Err(PixelError::UnknownGray("red".into())));
}

proptest! {
    #[test]
    fn any_range_follows_the_formula(values in prop::collection::vec(any::<u16>(), 1..500), a: u16, b: u16) {
        let (lo, hi) = (a.min(b), a.max(b));
        let frame: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
        let conversion = Conversion { range: Some(Range::Span { lo, hi }), gray: None };
        let (bytes, clamped) =
            convert(&frame, Format::U16Be, [1, values.len() as u32], conversion).expect("converts");
        let expected: Vec<u8> = values.iter().map(|&value| formula(value, lo, hi)).collect();
        prop_assert_eq!(bytes, expected);
        prop_assert_eq!(clamped, values.iter().filter(|&&value| value < lo || value > hi).count() as u64);
    }

    #[test]
    fn gray_follows_the_formula(pixels in prop::collection::vec(any::<[u16; 4]>(), 1..200)) {
        let frame: Vec<u8> = pixels.iter().flatten().flat_map(|value| value.to_be_bytes()).collect();
        let dims = [pixels.len() as u32, 1];
        for (gray, weights, divisor) in [(Gray::Mean, [1, 1, 1], 3), (Gray::Luma, [299, 587, 114], 1000)] {
            let of = |[r, g, b, _]: &[u16; 4]| {
                let weighed = [r, g, b].into_iter().zip(weights).map(|(colour, weight)| u64::from(*colour) * weight);
                (weighed.sum::<u64>() / divisor) as u16
            };
            let expected = (pixels.iter().map(of).min().expect("one"), pixels.iter().map(of).max().expect("one"));
            prop_assert_eq!(measure(&frame, Format::Rgba16Be, dims, Some(gray)), Ok(expected));
        }
    }
}
