use crate::pack::{CHECKSUM_BYTES, CHECKSUM_FLAG, DESCRIPTOR};
use crate::{xxh64, ShardError};
use zstd_safe::{find_frame_compressed_size, get_error_name, get_frame_content_size, DCtx, DParameter};

const MAGIC: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
/// A zstd block takes four bytes at least and unpacks to 128 KiB at most.
const BLOCK_BYTES_LEAST: u64 = 4;
const BLOCK_CONTENT_MOST: u64 = 128 << 10;

/// One frame, unpacked and checked; the pixels are lent until the unpacker's next call.
#[derive(Debug)]
pub struct UnpackedFrame<'a> {
    /// The pixels, row by row.
    pub pixels: &'a [u8],
    /// XXH64 (seed 0) of the pixels.
    pub xxh64: u64,
}

/// Decompresses and checks frames, one after another, with recycled memory.
pub struct Unpacker {
    context: DCtx<'static>,
    output: Vec<u8>,
}

impl Default for Unpacker {
    fn default() -> Self {
        Self::new()
    }
}

impl Unpacker {
    /// An unpacker for one thread.
    pub fn new() -> Self {
        let mut context = DCtx::create();
        // The checksum is compared here, with the hash that is taken anyway. Cannot fail: the context is fresh.
        let _ = context.set_parameter(DParameter::ForceIgnoreChecksum(true));
        Self { context, output: Vec::new() }
    }

    /// Unpack `data`, which must be exactly one zstd frame of `expected` bytes of content. `frame` names it in errors.
    ///
    /// A content checksum is compared where the frame carries one. No memory is taken for a frame that declares
    /// another size, or more than its length can hold.
    pub fn unpack(
        &mut self,
        data: &[u8],
        frame: u32,
        expected: u64,
    ) -> Result<UnpackedFrame<'_>, ShardError> {
        let damaged = |reason: &str| ShardError::Frame { frame, reason: reason.to_string() };
        let failed = |code: usize| damaged(get_error_name(code));
        if !data.starts_with(&MAGIC) {
            return Err(damaged("it does not begin as a zstd frame"));
        }
        match get_frame_content_size(data).map_err(|_| damaged("its header is cut or invalid"))? {
            Some(actual) if actual != expected => {
                return Err(ShardError::FrameSize { frame, expected, actual })
            }
            _ => {}
        }
        let length = find_frame_compressed_size(data).map_err(failed)?;
        if length != data.len() {
            return Err(damaged("other bytes follow it"));
        }
        if expected > (data.len() as u64 / BLOCK_BYTES_LEAST + 1) * BLOCK_CONTENT_MOST {
            return Err(damaged("it is too short for the size that it declares"));
        }
        self.output.clear();
        let room = usize::try_from(expected).map_err(|_| damaged("it is larger than memory"))?;
        self.output.try_reserve_exact(room).map_err(|_| damaged("it is larger than memory"))?;
        let actual = self.context.decompress(&mut self.output, data).map_err(failed)? as u64;
        if actual != expected {
            return Err(ShardError::FrameSize { frame, expected, actual });
        }
        let xxh64 = xxh64(&self.output, 0);
        if data[DESCRIPTOR] & CHECKSUM_FLAG != 0 {
            let checksum = &data[data.len() - CHECKSUM_BYTES..];
            if checksum != (xxh64 as u32).to_le_bytes() {
                return Err(damaged("its content differs from its checksum"));
            }
        }
        Ok(UnpackedFrame { pixels: &self.output, xxh64 })
    }
}
