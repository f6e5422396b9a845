//! What the compressor looks for in a frame, and how that is chosen.
//!
//! A camera's noise leaves next to nothing that repeats. Looking for matches then costs most of the time and gains
//! nothing, while the Huffman code of the single values gains all there is. So a frame is packed in one of two ways,
//! both plain zstd, chosen by packing a sample of that same frame in both.

use zstd_safe::{CParameter, ParamSwitch};

/// What the compressor looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// Repeated strings, then the code of single values: zstd's level 1.
    Matches,
    /// The code of single values alone: after a miss the search jumps ahead by a whole block.
    Literals,
}

impl Search {
    /// The parameters that differ from libzstd's own defaults.
    pub(crate) fn parameters(self) -> &'static [CParameter] {
        match self {
            Self::Matches => &[CParameter::CompressionLevel(1)],
            Self::Literals => &[
                CParameter::CompressionLevel(1),
                CParameter::TargetLength(100_000),
                CParameter::HashLog(6),
                CParameter::MinMatch(7),
                // A long jump lets libzstd leave literals as they are, unless told otherwise.
                CParameter::LiteralCompressionMode(ParamSwitch::Enable),
            ],
        }
    }

    /// The choice by the sizes that a sample packs to. Literals alone are nearly twice as fast: worth 3 % more bytes.
    pub(crate) fn choose(matches: usize, literals: usize) -> Self {
        if literals as u64 * 32 <= matches as u64 * 33 {
            Self::Literals
        } else {
            Self::Matches
        }
    }
}

/// Frames below this size are not worth a trial.
pub(crate) const TRIAL_FROM: usize = 128 << 10;

/// The sample is so many bands, evenly spread, each 1 / 384 of the frame: 1 % in all. A band is long enough to span
/// two rows and more, so that rows that repeat are seen.
const BANDS: usize = 4;
const BAND_SHARE: usize = 384;
const BAND_BYTES_LEAST: usize = 2 << 10;

/// Fill `sample` with the bands of `pixels`, which are `TRIAL_FROM` bytes or more.
pub(crate) fn take_sample(pixels: &[u8], sample: &mut Vec<u8>) {
    let length = (pixels.len() / BAND_SHARE).max(BAND_BYTES_LEAST);
    sample.clear();
    for share in pixels.chunks_exact(pixels.len() / BANDS).take(BANDS) {
        let start = (share.len() - length) / 2;
        sample.extend_from_slice(&share[start..start + length]);
    }
}
