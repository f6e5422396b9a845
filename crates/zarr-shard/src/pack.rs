use crate::{xxh64, ShardError};
use zstd_safe::{compress_bound, get_error_name, CCtx, CParameter};

/// Where the frame header descriptor lies in a zstd frame, and its bit that says "a content checksum follows"
/// (RFC 8878, 3.1.1.1.1).
pub(crate) const DESCRIPTOR: usize = 4;
pub(crate) const CHECKSUM_FLAG: u8 = 1 << 2;

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
}

impl Default for Packer {
    fn default() -> Self {
        Self::new()
    }
}

impl Packer {
    /// A packer for one thread.
    pub fn new() -> Self {
        Self {
            context: CCtx::create(),
            output: Vec::new(),
        }
    }

    /// Compress one frame. The bytes depend upon `pixels` alone, never on frames before it.
    pub fn pack(&mut self, pixels: &[u8]) -> Result<PackedFrame<'_>, ShardError> {
        self.context
            .set_parameter(CParameter::CompressionLevel(1))
            .map_err(internal)?;
        self.output.clear();
        self.output.reserve(compress_bound(pixels.len()) + 4);
        self.context
            .compress2(&mut self.output, pixels)
            .map_err(internal)?;
        // zstd's content checksum is the low half of the XXH64 that the receipt needs anyway: hash once, append it.
        let xxh64 = xxh64(pixels, 0);
        self.output[DESCRIPTOR] |= CHECKSUM_FLAG;
        self.output.extend_from_slice(&(xxh64 as u32).to_le_bytes());
        Ok(PackedFrame {
            bytes: &self.output,
            xxh64,
        })
    }
}

fn internal(code: usize) -> ShardError {
    ShardError::Internal {
        reason: get_error_name(code).to_string(),
    }
}
