/// 0 degC in kelvin.
const ZERO_CELSIUS: f64 = 273.15;

/// How counts become physical values: `count * 2^exponent + offset`, and less 273.15 where that is kelvin, calculated in
/// 64 bits and rounded to 32 once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    factor: f64,
    offset: f64,
    zero: f64,
}

impl Scale {
    /// The scale of a header's exponent and offset.
    pub fn new(exponent: i8, offset: f32, is_kelvin: bool) -> Self {
        let zero = if is_kelvin { ZERO_CELSIUS } else { 0.0 };
        Self { factor: 2f64.powi(exponent.into()), offset: offset.into(), zero }
    }

    /// The value of a count, or of a mean of counts.
    pub fn value(&self, count: f64) -> f64 {
        count * self.factor + self.offset - self.zero
    }

    /// The values of `counts` into `values`, as many as both have room for.
    pub fn apply(&self, counts: &[u16], values: &mut [f32]) {
        let Self { factor, offset, zero } = *self;
        for (value, &count) in values.iter_mut().zip(counts) {
            *value = (f64::from(count) * factor + offset - zero) as f32;
        }
    }
}
