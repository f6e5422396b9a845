use std::fmt;

/// What can be wrong with a frame's layout or with the conversion asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PixelError {
    /// The frame has not the number of bytes that its format and dims need.
    Size {
        /// By format and dims.
        expected: u64,
        /// As given.
        actual: u64,
    },
    /// The dims are zero, or larger than memory.
    Dims {
        /// Rows.
        height: u32,
        /// Pixels in a row.
        width: u32,
    },
    /// No pixel format has this name.
    UnknownFormat(String),
    /// Not `max`, and not `lo:hi` with whole numbers `0 <= lo <= hi <= 65535`.
    Range(String),
    /// Not `mean`, and not `luma`.
    UnknownGray(String),
    /// The format is wider than 8 bit and no range is given.
    RangeNeeded(&'static str),
    /// The format has colours and no way to gray is given.
    GrayNeeded(&'static str),
}

impl fmt::Display for PixelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { expected, actual } => {
                write!(f, "the frame has {actual} bytes where its format and dims need {expected}; correct the dims or the format")
            }
            Self::Dims { height, width } => {
                write!(f, "a frame of {height} x {width} pixels cannot be packed; give dims of at least 1 x 1 that fit in memory")
            }
            Self::UnknownFormat(name) => {
                write!(f, "no pixel format is called '{name}'; use one of those documented")
            }
            Self::Range(text) => {
                write!(f, "'{text}' is no range; give 'max', or whole numbers lo and hi with 0 <= lo <= hi <= 65535")
            }
            Self::UnknownGray(name) => write!(f, "'{name}' is no way to gray; give 'mean' or 'luma'"),
            Self::RangeNeeded(format) => write!(
                f,
                "pixels of format {format} are wider than 8 bit; state the range that becomes 0 to 255"
            ),
            Self::GrayNeeded(format) => write!(
                f,
                "pixels of format {format} have colours; state 'mean' or 'luma' as their way to gray"
            ),
        }
    }
}

impl std::error::Error for PixelError {}
