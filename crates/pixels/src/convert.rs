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

/// Pixels that are decoded at once: few enough for the fastest cache, a multiple of every packing's group.
const BAND: usize = 4096;

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
        self.output.clear();
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

/// Hand the frame's gray values to `take`, band by band, in order.
fn each_band(frame: &[u8], format: Format, pixels: usize, gray: Option<Gray>, mut take: impl FnMut(&[u16])) {
    let mut band = [0u16; BAND];
    let band_bytes = BAND * format.bits() as usize / 8;
    let mut left = pixels;
    for bytes in frame.chunks(band_bytes) {
        let values = &mut band[..left.min(BAND)];
        left -= values.len();
        decode(bytes, format, gray.unwrap_or(Gray::Mean), values);
        take(values);
    }
}

fn decode(bytes: &[u8], format: Format, gray: Gray, values: &mut [u16]) {
    match format {
        Format::U8 => values.iter_mut().zip(bytes).for_each(|(value, byte)| *value = u16::from(*byte)),
        Format::U16Le => each(bytes, values, u16::from_le_bytes),
        Format::U16Be => each(bytes, values, u16::from_be_bytes),
        Format::Mono10p => group(bytes, values, |[a, b, c, d, e]: [u16; 5]| {
            [a | (b & 0x03) << 8, b >> 2 | (c & 0x0f) << 6, c >> 4 | (d & 0x3f) << 4, d >> 6 | e << 2]
        }),
        Format::Mono12p => group(bytes, values, |[a, b, c]: [u16; 3]| [a | (b & 0x0f) << 8, b >> 4 | c << 4]),
        Format::Mono10Packed => {
            group(bytes, values, |[a, b, c]: [u16; 3]| [a << 2 | b & 0x03, c << 2 | b >> 4 & 0x03])
        }
        Format::Mono12Packed => {
            group(bytes, values, |[a, b, c]: [u16; 3]| [a << 4 | b & 0x0f, c << 4 | b >> 4])
        }
        Format::Rgb8 => each(bytes, values, |[r, g, b]: [u8; 3]| gray.of([r, g, b].map(u16::from))),
        Format::Rgba8 => each(bytes, values, |[r, g, b, _]: [u8; 4]| gray.of([r, g, b].map(u16::from))),
        Format::Rgb16Le => each(bytes, values, |p: [u8; 6]| gray.of(wide(p, u16::from_le_bytes))),
        Format::Rgb16Be => each(bytes, values, |p: [u8; 6]| gray.of(wide(p, u16::from_be_bytes))),
        Format::Rgba16Le => each(bytes, values, |p: [u8; 8]| gray.of(wide(p, u16::from_le_bytes))),
        Format::Rgba16Be => each(bytes, values, |p: [u8; 8]| gray.of(wide(p, u16::from_be_bytes))),
    }
}

/// `N` bytes to one value.
#[inline(always)]
fn each<const N: usize>(bytes: &[u8], values: &mut [u16], value: impl Fn([u8; N]) -> u16) {
    for (out, bytes) in values.iter_mut().zip(bytes.as_chunks::<N>().0) {
        *out = value(*bytes);
    }
}

/// `N` bytes to `M` values; a last group that is cut is filled up with zeros.
#[inline(always)]
fn group<const N: usize, const M: usize>(
    bytes: &[u8],
    values: &mut [u16],
    unpack: impl Fn([u16; N]) -> [u16; M],
) {
    let (groups, rest) = bytes.as_chunks::<N>();
    let (outs, last) = values.as_chunks_mut::<M>();
    for (out, group) in outs.iter_mut().zip(groups) {
        *out = unpack(group.map(u16::from));
    }
    let mut filled = [0u16; N];
    let cut = if rest.is_empty() { groups.last().map_or(&[][..], |group| &group[..]) } else { rest };
    filled.iter_mut().zip(cut).for_each(|(word, byte)| *word = u16::from(*byte));
    last.copy_from_slice(&unpack(filled)[..last.len()]);
}

/// The colours of a wide pixel, without its alpha.
#[inline(always)]
fn wide<const N: usize>(bytes: [u8; N], word: impl Fn([u8; 2]) -> u16) -> [u16; 3] {
    [0, 2, 4].map(|at| word([bytes[at], bytes[at + 1]]))
}
