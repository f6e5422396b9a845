use crate::decode::each_band;
use crate::scale::scale;
use crate::{Format, Gray, PixelError};
use std::str::FromStr;

/// The values that become 0 .. 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// A stated one; `lo` above `hi` is refused.
    Span {
        /// Becomes 0.
        lo: u16,
        /// Becomes 255.
        hi: u16,
    },
    /// 0 .. the frame's own maximum.
    Max,
}

impl FromStr for Range {
    type Err = PixelError;

    /// `max` or `lo:hi`.
    fn from_str(text: &str) -> Result<Self, PixelError> {
        let span = || {
            let (lo, hi) = text.split_once(':')?;
            Some(Self::Span { lo: lo.parse().ok()?, hi: hi.parse().ok()? })
        };
        if text == "max" {
            return Ok(Self::Max);
        }
        span().ok_or_else(|| PixelError::Range(text.to_string()))
    }
}

/// What preparation does to a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Needed for wide formats; applied to any.
    pub range: Option<Range>,
    /// Needed for colour formats; of no effect on others.
    pub gray: Option<Gray>,
}

/// One frame as 8-bit gray.
#[derive(Debug, PartialEq, Eq)]
pub struct Prepared<'a> {
    /// `height * width` pixels: the frame itself where nothing was to be done, else lent until the next call.
    pub pixels: &'a [u8],
    /// How many pixels lay outside of the range.
    pub clamped: u64,
}

/// Converts frames, one after another, with recycled memory.
#[derive(Default)]
pub struct Converter {
    output: Vec<u8>,
}

impl Converter {
    /// A frame of `height` x `width` pixels as 8-bit gray.
    pub fn convert<'a>(
        &'a mut self,
        frame: &'a [u8],
        format: Format,
        [height, width]: [u32; 2],
        conversion: Conversion,
    ) -> Result<Prepared<'a>, PixelError> {
        let pixels = checked(frame, format, [height, width], conversion.gray)?;
        if format.is_wide() && conversion.range.is_none() {
            return Err(PixelError::RangeNeeded(format.name()));
        }
        if format == Format::U8 && conversion.range.is_none() {
            return Ok(Prepared { pixels: frame, clamped: 0 });
        }
        let span = match conversion.range {
            Some(Range::Span { lo, hi }) if lo > hi => return Err(PixelError::Range(format!("{lo}:{hi}"))),
            Some(Range::Span { lo, hi }) => Some((lo, hi)),
            Some(Range::Max) => Some((0, extremes(frame, format, pixels, conversion.gray).1)),
            None => None,
        };
        self.output.resize(pixels, 0);
        let (mut rest, mut clamped) = (&mut self.output[..], 0);
        each_band(frame, format, pixels, conversion.gray, |values| {
            let (band, after) = std::mem::take(&mut rest).split_at_mut(values.len());
            rest = after;
            match span {
                Some((lo, hi)) => clamped += u64::from(scale(values, lo, hi, band)),
                None => band.iter_mut().zip(values).for_each(|(byte, value)| *byte = *value as u8),
            }
        });
        Ok(Prepared { pixels: &self.output, clamped })
    }
}

/// Least and greatest value of a frame, after colour to gray.
pub fn measure(
    frame: &[u8],
    format: Format,
    dims: [u32; 2],
    gray: Option<Gray>,
) -> Result<(u16, u16), PixelError> {
    let pixels = checked(frame, format, dims, gray)?;
    Ok(extremes(frame, format, pixels, gray))
}

/// The number of pixels, where frame, format and dims fit each other.
fn checked(
    frame: &[u8],
    format: Format,
    [height, width]: [u32; 2],
    gray: Option<Gray>,
) -> Result<usize, PixelError> {
    let pixels = u64::from(height) * u64::from(width);
    let impossible = PixelError::Dims { height, width };
    let Some(expected) = format.bytes(pixels).filter(|&bytes| bytes > 0) else {
        return Err(impossible);
    };
    if expected != frame.len() as u64 {
        return Err(PixelError::Size { expected, actual: frame.len() as u64 });
    }
    if format.is_colour() && gray.is_none() {
        return Err(PixelError::GrayNeeded(format.name()));
    }
    usize::try_from(pixels).map_err(|_| impossible)
}

fn extremes(frame: &[u8], format: Format, pixels: usize, gray: Option<Gray>) -> (u16, u16) {
    let mut extremes = (u16::MAX, u16::MIN);
    each_band(frame, format, pixels, gray, |values| {
        for &value in values {
            extremes = (extremes.0.min(value), extremes.1.max(value));
        }
    });
    extremes
}
