/// The id of a block (a frame on the wire), as wide as the stream's headers have it.
///
/// Id 0 never belongs to data. A stream may begin at any id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockId {
    /// In a standard header.
    Bits16(u16),
    /// In an extended header, since GigE Vision 2.0.
    Bits64(u64),
}

impl BlockId {
    /// The number itself.
    #[inline]
    pub const fn value(self) -> u64 {
        match self {
            Self::Bits16(id) => id as u64,
            Self::Bits64(id) => id,
        }
    }

    /// The id of the block that a device sends next: after the largest comes 1.
    #[inline]
    pub const fn next(self) -> Self {
        match self {
            Self::Bits16(u16::MAX) => Self::Bits16(1),
            Self::Bits16(id) => Self::Bits16(id + 1),
            Self::Bits64(u64::MAX) => Self::Bits64(1),
            Self::Bits64(id) => Self::Bits64(id + 1),
        }
    }

    /// Whether the stream has extended headers.
    #[inline]
    pub const fn is_extended(self) -> bool {
        matches!(self, Self::Bits64(_))
    }
}
