use super::{Format, Leader, Trailer};
use crate::Error;
use alloc::vec::Vec;

/// What a packet brings, behind its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// What the image is like.
    Leader(Leader),
    /// A piece of the image; where it belongs follows from the packet id.
    Payload(&'a [u8]),
    /// The end of the image.
    Trailer(Trailer),
}

impl<'a> Content<'a> {
    /// The content of a packet of this format.
    #[inline]
    pub fn parse(format: Format, content: &'a [u8]) -> Result<Self, Error> {
        match format {
            Format::Payload => Ok(Self::Payload(content)),
            Format::Leader => Leader::parse(content).map(Self::Leader),
            Format::Trailer => Trailer::parse(content).map(Self::Trailer),
            format => Err(Error::UnsupportedFormat(format)),
        }
    }

    /// Append the content to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Leader(leader) => leader.write(out),
            Self::Payload(data) => out.extend_from_slice(data),
            Self::Trailer(trailer) => trailer.write(out),
        }
    }

    /// The format that a header has to state for it.
    pub const fn format(&self) -> Format {
        match self {
            Self::Leader(_) => Format::Leader,
            Self::Payload(_) => Format::Payload,
            Self::Trailer(_) => Format::Trailer,
        }
    }
}
