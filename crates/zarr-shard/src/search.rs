//! What the compressor looks for in a frame, and how that is chosen.
//!
//! A camera's noise leaves next to nothing that repeats. Looking for matches then costs most of the time and gains
//! nothing, while the Huffman code of the single values gains all there is. So a frame is packed in one of two ways,
//! both plain zstd, chosen by packing a sample of that same frame in both.
//!
//! Measured as WebAssembly in Node 20 on a recorded growth movie (26 frames of 1038 x 1388) and on copies of it with
//! Gaussian noise; CPU time, as a multiple of the speed of native libzstd at level 3 in the same run:
//!
//! | setting | movie: ratio, speed | noise of sd 1 | noise of sd 4 |
//! |---|---|---|---|
//! | native level 3 | 5.20, 1.00 | 2.54, 1.00 | 1.92, 1.00 |
//! | level 3 | 5.20, 0.65 | 2.54, 0.73 | 1.92, 0.67 |
//! | **level 1** (hash 2^14, matches of 7) | **5.08, 0.73** | **2.50, 1.41** | 2.02, 2.4 |
//! | level 1, hash 2^11 | 5.03, 0.71 | 2.39, 1.7 | 2.02, 3.1 |
//! | level 1, window 2^17 | 5.07, 0.73 | 2.49, 1.4 | 2.02, 2.6 |
//! | level 1, jumps of 8, literals compressed | 4.49, 0.79 | 2.36, 2.2 | 2.02, 3.7 |
//! | level 1, jumps of 16, literals compressed | 4.09, 0.82 | 2.33, 2.7 | 2.03, 4.0 |
//! | **literals alone** | 2.43, 1.5 | 2.27, 3.8 | **2.03, 4.2** |
//! | whole `pack`: choice, hash, copies included | 5.08, 0.70 | 2.50, 1.34 | 2.03, 3.8 |
//!
//! Of a whole `pack` the trial takes 2.4 % (movie) to 3.2 % (noise), XXH64 2.5 to 5 %, the copies in and out 2 to 3 %.
//! The sample foretells how the two sizes compare within 1 % where they are close. Not kept, as each moved the speed
//! by less than the spread of the runs: smaller blocks, `-O2`, `wasm-opt -O4`, hash 2^13, windows of 2^18 to 2^21.
//!
//! The table was measured with libzstd's words as they come. In 64-bit words (`setup/zstd-words.mjs`) the movie takes
//! 13 % less time and the noise 21 %, which changes no choice: level 3 at 0.75, level 1 at 0.83 on the movie.

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
