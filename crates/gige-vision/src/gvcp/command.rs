use super::{memory, register, Code, CommandHeader, ForceIp, RegisterWrite, Resend};
use crate::Error;
use alloc::vec::Vec;

/// Of DISCOVERY and FORCEIP: the acknowledge may be broadcast.
const BROADCAST_ACK: u8 = 0x10;
/// Of PACKETRESEND: the block id has 64 bits.
const EXTENDED_ID: u8 = 0x10;

/// What a host sends to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// Whether the device shall answer.
    pub acknowledge: bool,
    /// What the answer repeats; never 0.
    pub request_id: u16,
    /// The command itself.
    pub body: CommandBody<'a>,
}

/// The commands, with their parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandBody<'a> {
    /// Who is there? To one device or, broadcast, to all.
    Discovery {
        /// Whether a device in another subnet may broadcast its answer.
        broadcast_ack: bool,
    },
    /// Give a device an IP address.
    ForceIp(ForceIp),
    /// Send packets of a block again.
    Resend(Resend),
    /// Read the registers at these addresses.
    ReadRegisters(Vec<u32>),
    /// Write registers, in this order.
    WriteRegisters(Vec<RegisterWrite>),
    /// Read memory. Address and count have to be multiples of four.
    ReadMemory {
        /// Of the first byte.
        address: u32,
        /// Bytes, 536 at most.
        count: u16,
    },
    /// Write memory. Address and length have to be multiples of four.
    WriteMemory {
        /// Of the first byte.
        address: u32,
        /// At most 536 bytes.
        data: &'a [u8],
    },
}

impl<'a> Command<'a> {
    /// Read a datagram. Where this fails, [`CommandHeader::parse`] may still tell whom to answer.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Error> {
        let (header, body) = CommandHeader::parse(datagram)?;
        Ok(Self {
            acknowledge: header.acknowledge(),
            request_id: header.request_id,
            body: CommandBody::parse(header, body)?,
        })
    }

    /// Append the datagram to `out`, or nothing where it would be too long or a packet id too large.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let (code, flags, body) = self.body.encode()?;
        let flags = CommandHeader::flags(self.acknowledge, flags);
        CommandHeader { flags, code, request_id: self.request_id }.write(&body, out)
    }
}

impl<'a> CommandBody<'a> {
    fn parse(header: CommandHeader, body: &'a [u8]) -> Result<Self, Error> {
        let broadcast_ack = header.flags & BROADCAST_ACK != 0;
        let extended = header.flags & EXTENDED_ID != 0;
        Ok(match header.code {
            Code::DiscoveryCmd => Self::Discovery { broadcast_ack },
            Code::ForceIpCmd => Self::ForceIp(ForceIp::parse(broadcast_ack, body)?),
            Code::PacketResendCmd => Self::Resend(Resend::parse(extended, body)?),
            Code::ReadRegCmd => Self::ReadRegisters(register::parse_words(Code::ReadRegCmd, body)?),
            Code::WriteRegCmd => Self::WriteRegisters(register::parse_writes(body)?),
            Code::ReadMemCmd => {
                let (address, count) = memory::parse_range(body)?;
                Self::ReadMemory { address, count }
            }
            Code::WriteMemCmd => {
                let (address, data) = memory::parse_data(Code::WriteMemCmd, body)?;
                Self::WriteMemory { address, data }
            }
            code => return Err(Error::UnsupportedCode(code)),
        })
    }

    /// Code, flags and bytes.
    fn encode(&self) -> Result<(Code, u8, Vec<u8>), Error> {
        let broadcast = |on| if on { BROADCAST_ACK } else { 0 };
        Ok(match self {
            &Self::Discovery { broadcast_ack } => (Code::DiscoveryCmd, broadcast(broadcast_ack), Vec::new()),
            Self::ForceIp(force) => (Code::ForceIpCmd, broadcast(force.broadcast_ack), force.encode()),
            Self::Resend(resend) => {
                let flags = if resend.block.is_extended() { EXTENDED_ID } else { 0 };
                (Code::PacketResendCmd, flags, resend.encode()?)
            }
            Self::ReadRegisters(addresses) => (Code::ReadRegCmd, 0, register::encode_words(addresses)),
            Self::WriteRegisters(writes) => (Code::WriteRegCmd, 0, register::encode_writes(writes)),
            &Self::ReadMemory { address, count } => {
                (Code::ReadMemCmd, 0, memory::encode_range(address, count))
            }
            &Self::WriteMemory { address, data } => {
                (Code::WriteMemCmd, 0, memory::encode_data(address, data))
            }
        })
    }
}
