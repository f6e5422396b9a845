//! Control: commands that a host sends to a device's port 3956, and the acknowledges that come back.
//!
//! A command with an answer carries a request id, never 0, and the acknowledge repeats it; so must a retry, or a slow
//! device runs the command twice.

mod ack;
mod code;
mod command;
mod discovery;
mod force_ip;
mod header;
mod memory;
mod register;
mod resend;

pub use ack::{Ack, AckBody};
pub use code::Code;
pub use command::{Command, CommandBody};
pub use discovery::DiscoveryAck;
pub use force_ip::ForceIp;
pub use header::{AckHeader, CommandHeader};
pub use memory::MAX_MEMORY_BYTES;
pub use register::{RegisterWrite, MAX_REGISTERS_READ, MAX_REGISTERS_WRITTEN};
pub use resend::Resend;

/// The UDP port of a device.
pub const PORT: u16 = 3956;
/// Bytes of the header of a command or an acknowledge.
pub const HEADER_BYTES: usize = 8;
/// Bytes that may follow the header: a control packet is 576 bytes at most, with IP (20) and UDP (8) headers.
pub const MAX_BODY_BYTES: usize = 540;
