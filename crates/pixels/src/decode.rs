use crate::{Format, Gray};

/// Pixels that are decoded at once: few enough for the fastest cache, a multiple of every packing's group.
const BAND: usize = 4096;

/// Hand the gray values of `pixels` pixels to `take`, band by band, in order; `frame` holds them exactly. `gray` matters
/// to colours alone.
pub(crate) fn each_band(
    frame: &[u8],
    format: Format,
    pixels: usize,
    gray: Option<Gray>,
    mut take: impl FnMut(&[u16]),
) {
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

/// `values.len()` pixels from the bytes that they take.
pub(crate) fn decode(bytes: &[u8], format: Format, gray: Gray, values: &mut [u16]) {
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
    filled.iter_mut().zip(rest).for_each(|(word, byte)| *word = u16::from(*byte));
    last.copy_from_slice(&unpack(filled)[..last.len()]);
}

/// The colours of a wide pixel, without its alpha.
#[inline(always)]
fn wide<const N: usize>(bytes: [u8; N], word: impl Fn([u8; 2]) -> u16) -> [u16; 3] {
    [0, 2, 4].map(|at| word([bytes[at], bytes[at + 1]]))
}
