use crate::search::{take_sample, Search, TRIAL_FROM};
use crate::{xxh64, ShardError};
use zstd_safe::{compress_bound, get_error_name, CCtx, ResetDirective};

/// Where the descriptor lies in the header of a zstd frame, and its bit that says "a content checksum follows"
/// (RFC 8878, 3.1.1.1.1).
pub(crate) const DESCRIPTOR: usize = 4;
pub(crate) const CHECKSUM_FLAG: u8 = 1 << 2;
pub(crate) const CHECKSUM_BYTES: usize = 4;

/// One frame, packed; the bytes are lent until the packer's next call.
#[derive(Debug)]
pub struct PackedFrame<'a> {
    /// One zstd frame with its content size and a content checksum.
    pub bytes: &'a [u8],
    /// XXH64 (seed 0) of the pixels.
    pub xxh64: u64,
}

/// Compresses frames, one after another, with recycled memory.
pub struct Packer {
    context: CCtx<'static>,
    output: Vec<u8>,
    sample: Vec<u8>,
}

impl Default for Packer {
    fn default() -> Self {
        Self::new()
    }
}

impl Packer {
    /// A packer for one thread.
    pub fn new() -> Self {
        Self { context: CCtx::create(), output: Vec::new(), sample: Vec::new() }
    }

    /// Compress one frame. The bytes depend upon `pixels` alone, never on the frames before it.
    pub fn pack(&mut self, pixels: &[u8]) -> Result<PackedFrame<'_>, ShardError> {
        let search = self.choose(pixels)?;
        compress(&mut self.context, search, pixels, &mut self.output)?;
        // zstd's content checksum is the low half of the XXH64 that the receipt needs anyway: so hash once, and append
        // it here instead of having libzstd take it again.
        let xxh64 = xxh64(pixels, 0);
        self.output[DESCRIPTOR] |= CHECKSUM_FLAG;
        self.output.extend_from_slice(&(xxh64 as u32).to_le_bytes());
        Ok(PackedFrame { bytes: &self.output, xxh64 })
    }

    fn choose(&mut self, pixels: &[u8]) -> Result<Search, ShardError> {
        if pixels.len() < TRIAL_FROM {
            return Ok(Search::Matches);
        }
        take_sample(pixels, &mut self.sample);
        let mut size = |search| compress(&mut self.context, search, &self.sample, &mut self.output);
        Ok(Search::choose(size(Search::Matches)?, size(Search::Literals)?))
    }
}

/// Make one zstd frame of `content`, with its content size and without a checksum; answers its length.
fn compress(
    context: &mut CCtx<'_>,
    search: Search,
    content: &[u8],
    output: &mut Vec<u8>,
) -> Result<usize, ShardError> {
    let internal = |code| ShardError::Internal { reason: get_error_name(code).to_string() };
    context.reset(ResetDirective::SessionAndParameters).map_err(internal)?;
    for parameter in search.parameters() {
        context.set_parameter(*parameter).map_err(internal)?;
    }
    output.clear();
    output.reserve(compress_bound(content.len()) + CHECKSUM_BYTES);
    context.compress2(output, content).map_err(internal)
}
