//! Counts to physical values, against arithmetic that is exact until the one rounding.

use framewire_telops::{Header, Range, Scale};
use proptest::prelude::*;

/// A frame of this exponent, offset and calibration mode.
fn header(data_exp: i8, data_offset: f32, calibration_mode: u8) -> Header {
    Header {
        version: (12, 9),
        length: 256,
        frame_id: 1,
        data_offset,
        data_exp,
        exposure: 1000,
        calibration_mode,
        width: 320,
        height: 256,
        frame_rate: 100_000,
        buffering: None,
        posix_seconds: 0,
        sub_second: 0,
    }
}

fn values(header: &Header, counts: &[u16]) -> Vec<f32> {
    let mut values = vec![-1.0; counts.len()];
    header.scale().apply(counts, &mut values);
    values
}

proptest! {
    #[test]
    fn every_value_is_rounded_once(
        data_exp: i8,
        data_offset in prop_oneof![Just(273.15f32), -1e5f32..1e5, any::<f32>()],
        mode in 0..5u8,
        counts: Vec<u16>,
    ) {
        // 2^exponent by its bits: all exponents of a header are normal numbers of 64 bits.
        let factor = f64::from_bits(((1023 + i64::from(data_exp)) as u64) << 52);
        let has_physical = data_exp != 0 || data_offset != 0.0;
        let expected = counts.iter().map(|&count| {
            let physical = count as f64 * factor + data_offset as f64;
            if mode == 2 && has_physical { (physical - 273.15) as f32 } else { physical as f32 }
        });
        // Which of the many that are no number it is, is the processor's affair.
        let bits = |value: f32| if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() };
        let expected: Vec<u32> = expected.map(bits).collect();
        let values = values(&header(data_exp, data_offset, mode), &counts);
        prop_assert_eq!(values.into_iter().map(bits).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nothing_is_written_beyond_the_shorter_of_both(counts: Vec<u16>, room in 0..40usize) {
        let mut values = vec![-1.0; room];
        Scale::new(0, 0.0, false).apply(&counts, &mut values);
        let written = room.min(counts.len());
        prop_assert!(values[..written].iter().zip(&counts).all(|(&value, &count)| value == f32::from(count)));
        prop_assert!(values[written..].iter().all(|&value| value == -1.0));
    }
}

#[test]
fn kelvin_becomes_celsius_in_mode_rt_alone() {
    let counts = [24_576, 24_832];
    // 24 and 24.25 K more than an offset that 32 bits cannot hold: 273.15 less 6.1035156e-6.
    let celsius = [24.0 - 6.103_515_6e-6f64, 24.25 - 6.103_515_6e-6].map(|value| value as f32);
    assert_eq!(values(&header(-10, 273.15, 2), &counts), celsius);
    assert_eq!(values(&header(-10, 273.15, 3), &counts), [297.15, 297.4]);
    assert_eq!(values(&header(0, 0.0, 2), &counts), [24_576.0, 24_832.0]);
}

#[test]
fn one_rounding_differs_from_two() {
    // 32 bits are already short of digits for the kelvin, before 273.15 is taken away.
    let once = values(&header(-10, 273.15, 2), &[24_577]);
    let twice = 24_577f32 * 2f32.powi(-10) + 273.15 - 273.15;
    assert_ne!(once, [twice]);
}

proptest! {
    /// Least and greatest are those of the values themselves; the mean is theirs but for their rounding.
    #[test]
    fn range_is_that_of_the_values(
        counts in prop::collection::vec(any::<u16>(), 1..2000),
        exponent in -14i8..6,
        offset in -300f32..400.0,
        is_kelvin: bool,
    ) {
        let scale = Scale::new(exponent, offset, is_kelvin);
        let mut values = vec![0f32; counts.len()];
        scale.apply(&counts, &mut values);
        let [least, greatest, mean] = Range::of(&counts).unwrap().scaled(&scale);
        let fold = |with: fn(f32, f32) -> f32| values.iter().copied().reduce(with).unwrap();
        prop_assert_eq!(least, f64::from(fold(f32::min)));
        prop_assert_eq!(greatest, f64::from(fold(f32::max)));
        let expected = values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
        let most = values.iter().copied().map(f32::abs).fold(0f32, f32::max);
        prop_assert!((mean - expected).abs() <= f64::from(most) * 1e-6 + 1e-9, "{} is not {}", mean, expected);
    }
}

#[test]
fn range_of_nothing_is_none() {
    assert_eq!(Range::of(&[]), None);
}

#[test]
fn range_of_the_greatest_counts_does_not_overflow() {
    let range = Range::of(&vec![u16::MAX; 1 << 20]).unwrap();
    assert_eq!((range.least, range.greatest, range.mean), (u16::MAX, u16::MAX, 65_535.0));
}
