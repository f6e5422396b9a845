use crate::gvcp::Code;
use crate::gvsp::{Format, PayloadType};
use core::fmt;

/// What can be wrong with a packet or a register. `what` names the part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It ends before all of its fields.
    Truncated {
        /// What ends too early.
        what: &'static str,
        /// Bytes up to the end of the first field that is not whole.
        needed: usize,
        /// Bytes there are.
        actual: usize,
    },
    /// A command does not begin with the key 0x42.
    Key {
        /// The first byte.
        actual: u8,
    },
    /// The length field claims more than the datagram holds behind the header.
    Length {
        /// Whose length field.
        what: &'static str,
        /// Bytes by the length field.
        stated: usize,
        /// Bytes there are.
        actual: usize,
    },
    /// A list of entries of one size ends within an entry.
    Ragged {
        /// What holds the list.
        what: &'static str,
        /// Bytes of the list.
        bytes: usize,
        /// Bytes of one entry.
        entry: usize,
    },
    /// It is longer than the standard allows.
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its bytes.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The packet id needs more than the 24 bits of a standard header.
    PacketId {
        /// The packet id.
        id: u32,
    },
    /// A command or an acknowledge that is not supported: an event, an action, or none of the standard.
    UnsupportedCode(Code),
    /// A packet of a block that is neither leader, payload nor trailer.
    UnsupportedFormat(Format),
    /// A block that is not a plain image.
    UnsupportedPayload(PayloadType),
    /// The URL of a device's XML cannot be understood.
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { what, needed, actual } => {
                write!(f, "{what} is cut: it has {actual} bytes where a field ends at {needed}")
            }
            Self::Key { actual } => {
                write!(f, "a GVCP command begins with the key 0x42, this one with {actual:#04x}")
            }
            Self::Length { what, stated, actual } => {
                write!(f, "{what} states a length of {stated} bytes, {actual} follow its header")
            }
            Self::Ragged { what, bytes, entry } => {
                write!(f, "{what} has a list of {bytes} bytes, which is not a multiple of {entry}")
            }
            Self::TooLong { what, bytes, limit } => {
                write!(f, "{what} of {bytes} bytes is longer than the {limit} that are allowed")
            }
            Self::PacketId { id } => write!(
                f,
                "packet id {id} needs more than the 24 bits of a standard header; use larger packets or extended ids"
            ),
            Self::UnsupportedCode(code) => write!(
                f,
                "{code} is not supported: of GVCP discovery, force IP, registers, memory and packet resend are"
            ),
            Self::UnsupportedFormat(format) => write!(
                f,
                "packet format {format} is not supported: leader, payload and trailer are; switch all-in and multi-part transmission off in the camera"
            ),
            Self::UnsupportedPayload(payload) => write!(
                f,
                "payload type {payload} is not supported: plain images are; switch chunk data, multi-part and compression off in the camera"
            ),
            Self::Url { reason } => write!(f, "the URL of the device's XML is not understood: {reason}"),
        }
    }
}

impl core::error::Error for Error {}
