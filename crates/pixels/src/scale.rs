/// Make 8 bit of `values`: `clamp(floor((v - lo) * 255 / (hi - lo)), 0, 255)`, 0 where `hi = lo`, for `lo <= hi`.
/// Answers how many values lay outside of `lo ..= hi`.
///
/// The division is done in `f32` and is exact nevertheless: numerator and divisor are whole numbers below 2^24, so both
/// are held exactly; a quotient that is not whole lies at least 1 / 65535 below the next whole number, and below 256
/// rounding moves it by 2^-17 at most, which is less. (A test goes through every divisor.)
pub(crate) fn scale(values: &[u16], lo: u16, hi: u16, out: &mut [u8]) -> u32 {
    let divisor = f32::from((hi - lo).max(1));
    let mut outside = 0u32;
    for (value, byte) in values.iter().zip(out) {
        *byte = quotient((*value).clamp(lo, hi) - lo, divisor);
        outside += u32::from(*value < lo || *value > hi);
    }
    outside
}

/// `floor(above * 255 / divisor)`, where `0 <= above <= divisor <= 65535`.
#[inline(always)]
fn quotient(above: u16, divisor: f32) -> u8 {
    (((i32::from(above) * 255) as f32 / divisor).floor() + 8_388_608.0).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quotient only grows with the numerator, so it is right everywhere if it is right on both sides of every
    /// step: exhaustive over all 65,535 divisors.
    #[test]
    fn division_is_exact_for_every_divisor() {
        for span in 1..=u16::MAX {
            let divisor = f32::from(span);
            assert_eq!(quotient(0, divisor), 0);
            for step in 1..=255u32 {
                let first = (step * u32::from(span)).div_ceil(255);
                let exact = |above: u32| (above * 255 / u32::from(span)) as u8;
                assert_eq!(quotient(first as u16, divisor), exact(first), "{first} of {span}");
                assert_eq!(quotient(first as u16 - 1, divisor), exact(first - 1), "{first} - 1 of {span}");
            }
        }
    }
}
