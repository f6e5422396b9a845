use std::fmt;

/// What can be wrong with a shard, or with making one. `frame` is the frame's place in the shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShardError {
    /// The shard is shorter than its index.
    Truncated {
        /// Bytes there are.
        bytes: u64,
        /// Bytes the index alone takes.
        needed: u64,
    },
    /// The index does not match its CRC32C.
    IndexCrc {
        /// As the shard says.
        expected: u32,
        /// As its index bytes give.
        actual: u32,
    },
    /// The index entry of a frame is empty, reaches outside of the data or into another frame.
    IndexEntry {
        /// The frame whose entry it is.
        frame: u32,
        /// Offset as the index says.
        offset: u64,
        /// Length as the index says.
        length: u64,
    },
    /// The bytes of a frame are damaged.
    Frame {
        /// Which frame.
        frame: u32,
        /// What is wrong with it.
        reason: String,
    },
    /// A frame unpacks to another size than the array's dims say.
    FrameSize {
        /// Which frame.
        frame: u32,
        /// Bytes by the dims.
        expected: u64,
        /// Bytes by the frame itself.
        actual: u64,
    },
    /// The compressor failed, which it never does on a buffer that it can hold.
    Internal {
        /// What libzstd says.
        reason: String,
    },
}

impl fmt::Display for ShardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { bytes, needed } => write!(
                f,
                "the shard has {bytes} bytes, its index alone takes {needed}; fetch or upload it again"
            ),
            Self::IndexCrc { expected, actual } => write!(
                f,
                "the shard's index is damaged (CRC32C {actual:08x}, it says {expected:08x}); fetch or upload it again"
            ),
            Self::IndexEntry { frame, offset, length } => write!(
                f,
                "the shard's index places frame {frame} at {offset}, {length} bytes long, where no frame can be; upload it again"
            ),
            Self::Frame { frame, reason } => {
                write!(f, "frame {frame} of the shard is damaged: {reason}; fetch or upload the shard again")
            }
            Self::FrameSize { frame, expected, actual } => write!(
                f,
                "frame {frame} of the shard unpacks to {actual} bytes where the dims say {expected}; correct the dims or upload it again"
            ),
            Self::Internal { reason } => write!(f, "the compressor failed: {reason}; this is a defect, please report it"),
        }
    }
}

impl std::error::Error for ShardError {}
