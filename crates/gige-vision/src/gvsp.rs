//! Streaming: the packets in which a device sends a block, that is an image.
//!
//! A block is a leader (packet 0), payload packets from 1 on, all of one size but the last, and a trailer. First
//! [`Header::parse`], which allocates nothing and tells whose packet it is even where the rest of it is refused; then,
//! unless its status is an error (such an answer to a resend has no content), [`Content::parse`].

mod content;
mod header;
mod leader;
mod payload_type;
mod trailer;

pub use content::Content;
pub use header::{payload_capacity, Flags, Format, Header, MAX_PACKET_ID};
pub use leader::Leader;
pub use payload_type::PayloadType;
pub use trailer::Trailer;
