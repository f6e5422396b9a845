//! A stack of frames as one Zarr v3 shard (`sharding_indexed`, index at the end), and back, with verification.
//!
//! A shard is the zstd frames of all inner chunks, in any order, and then an index: a pair of u64 (offset, length) for
//! each frame and the CRC32C of those pairs. This crate makes and checks the parts; whoever writes the shard joins
//! them, so that a shard never has to stand whole in memory.

mod crc32c;
mod error;
mod index;
mod pack;
mod search;
mod unpack;

pub use crc32c::crc32c;
pub use error::ShardError;
pub use index::{read_index, write_index, Entry};
pub use pack::{PackedFrame, Packer};
pub use unpack::{UnpackedFrame, Unpacker};
pub use xxhash_rust::xxh64::xxh64;
