use crate::Image;
use framewire_gige_vision::PixelFormat;

/// Images in which every pixel states frame, row and column.
///
/// With `h` the finalizer of MurmurHash3 (32 bits; sums modulo 2^32), word `k` of row `r` of frame `n` is
///
/// ```text
/// word(n, r, k) = h(h(r + 1) + k) ^ h(n + 0x9e3779b9)
/// ```
///
/// and byte `b` of the row (not of the image) is byte `b % 4`, the least significant one first, of word `b / 4`, whatever
/// the pixel format. So a pixel of 8 bits is such a byte, one of 16 bits (little-endian) half a word. Of `Mono12` the
/// upper four bits are zero.
///
/// `n` is the running number of the frame, from 0 on since the sender was made; it goes on from session to session and is
/// no block id. `h` can be undone, so that the first four bytes of an image tell `n` (of any format but `Mono12`).
/// It also follows from the timestamp where frames are taken at a steady rate: first timestamp + n x period.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The part of each byte that is the same in every frame.
    places: Vec<u8>,
    row_bytes: usize,
    /// Bits of a word that are used.
    mask: u32,
}

impl Pattern {
    /// The pattern of images like this.
    pub fn new(image: &Image) -> Self {
        let mask = if image.pixel_format == PixelFormat::MONO_12 { 0x0fff_0fff } else { u32::MAX };
        Self::within(image, mask, 0)
    }

    /// The pattern of images like this, of whose words only the bits of `mask` differ; the others are those of `base`.
    pub(crate) fn within(image: &Image, mask: u32, base: u32) -> Self {
        let row_bytes = image.row_bytes();
        let mut places = vec![0; image.bytes()];
        for (row, bytes) in (1..).zip(places.chunks_exact_mut(row_bytes.max(1))) {
            let row = mix(row);
            for (k, bytes) in (0..).zip(bytes.chunks_mut(4)) {
                let word = mix(row.wrapping_add(k)) & mask | base & !mask;
                bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
            }
        }
        Self { places, row_bytes, mask }
    }

    /// Append the bytes `from..to` of the image of frame `number` to `out`, as far as there are any.
    pub fn write(&self, number: u64, from: usize, to: usize, out: &mut Vec<u8>) {
        let frame = mix((number as u32).wrapping_add(0x9e37_79b9)) & self.mask;
        let mut at = from;
        let mut places = self.places.get(from..to.min(self.places.len())).unwrap_or_default();
        while !places.is_empty() {
            let column = at % self.row_bytes;
            let (piece, rest) = places.split_at(places.len().min(self.row_bytes - column));
            let key = frame.rotate_right(8 * (column % 4) as u32).to_le_bytes();
            append_xor(out, piece, key);
            (at, places) = (at + piece.len(), rest);
        }
    }
}

/// Append `bytes`, each with the byte of `key` that is due.
fn append_xor(out: &mut Vec<u8>, bytes: &[u8], key: [u8; 4]) {
    let start = out.len();
    out.extend_from_slice(bytes);
    let wide = u64::from_le_bytes(std::array::from_fn(|at| key[at % 4]));
    let mut chunks = out[start..].chunks_exact_mut(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)) ^ wide;
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// The finalizer of MurmurHash3: every bit of the answer depends on every bit of the word.
pub(crate) const fn mix(word: u32) -> u32 {
    let word = (word ^ word >> 16).wrapping_mul(0x85eb_ca6b);
    let word = (word ^ word >> 13).wrapping_mul(0xc2b2_ae35);
    word ^ word >> 16
}
