//! GigE Vision's control (GVCP) and streaming (GVSP) packets and its bootstrap registers: bytes to values and back.
//!
//! - Every parser is total: whatever the bytes are, it returns a value or an [`Error`] that says what is wrong with
//!   them. It allocates nothing but what a control packet of at most [`gvcp::MAX_BODY_BYTES`] can hold.
//! - Numbers on the wire are big-endian. Writers append to a `Vec`; what was written parses to the same value.
//! - Writing what was parsed gives the same bytes where the sender kept to the standard. Otherwise it gives the
//!   canonical ones: reserved bits are 0, and what follows the part that the standard defines is left out.
//! - Events, actions and every payload but plain images are told apart by name and refused.
//!
//! No sockets, clocks or threads.
#![no_std]

extern crate alloc;

mod bits;
mod block_id;
mod error;
mod mac;
mod pixel_format;
mod reader;
mod status;
mod text;
mod wire_enum;

pub mod bootstrap;
pub mod gvcp;
pub mod gvsp;

pub use block_id::BlockId;
pub use error::Error;
pub use mac::MacAddress;
pub use pixel_format::{Packing, PixelFormat};
pub use status::Status;
pub use text::Text;
