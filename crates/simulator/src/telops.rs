use crate::{Image, Pattern};

/// Rows of an image that hold the header, above the usable ones.
const HEADER_ROWS: usize = 2;
/// Every count is at least this: in mode RT, 24 degC.
const LEAST_COUNT: u16 = 24_576;
/// Bits of a count above that.
const COUNT_BITS: u16 = 0x0fff;

/// Images of a Telops camera: a header in the first two rows, zeros behind it, and below them 16-bit pixels
/// (little-endian), each of which states frame, row and column.
///
/// A pixel of usable row `r` and column `c` of the frame with id `f` is 24,576 plus the lower 12 bits of half `c % 2`, the
/// lower one first, of `word(f, r, c / 2)` of [`Pattern`].
#[derive(Clone, Debug)]
pub struct TelopsPattern {
    pattern: Pattern,
    header_bytes: usize,
}

impl TelopsPattern {
    /// The pattern of images like this, whose height includes the header rows.
    pub fn new(image: &Image) -> Self {
        let usable = Image { height: image.height.saturating_sub(HEADER_ROWS as u32), ..*image };
        Self {
            pattern: Pattern::within(&usable, both(COUNT_BITS), both(LEAST_COUNT)),
            header_bytes: image.bytes() - usable.bytes(),
        }
    }

    /// Append the bytes `from..to` of the image with this header and frame id to `out`, as far as there are any.
    pub fn write(&self, frame_id: u32, header: &[u8], from: usize, to: usize, out: &mut Vec<u8>) {
        let rows_end = to.min(self.header_bytes);
        if from < rows_end {
            let end = out.len() + rows_end - from;
            out.extend(header.get(from..rows_end.min(header.len())).unwrap_or_default());
            out.resize(end, 0);
        }
        let below = |at: usize| at.saturating_sub(self.header_bytes);
        self.pattern.write(frame_id.into(), below(from), below(to), out);
    }
}

/// Both pixels of a word.
const fn both(pixel: u16) -> u32 {
    (pixel as u32) << 16 | pixel as u32
}
