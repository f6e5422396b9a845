use super::{memory, register, AckHeader, Code, DiscoveryAck};
use crate::reader::Reader;
use crate::{Error, Status};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// What a device answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack<'a> {
    /// What became of the command.
    pub status: Status,
    /// The request id of the command.
    pub request_id: u16,
    /// The answer itself.
    pub body: AckBody<'a>,
}

/// The acknowledges, with what they bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AckBody<'a> {
    /// Who the device is.
    Discovery(Box<DiscoveryAck>),
    /// The device has its new IP address.
    ForceIp,
    /// The values of the registers, in the order of their addresses in the command.
    ReadRegisters(Vec<u32>),
    /// Registers were written.
    WriteRegisters {
        /// By the standard how many, on a failure the index of the one that failed. Some devices say something else:
        /// trust the status.
        index: u32,
    },
    /// Memory was read.
    ReadMemory {
        /// As in the command.
        address: u32,
        /// What is there.
        data: &'a [u8],
    },
    /// Memory was written.
    WriteMemory {
        /// By the standard how many bytes. Some devices repeat the address: trust the status.
        index: u32,
    },
    /// The command takes longer; its own acknowledge follows.
    Pending {
        /// Milliseconds, from now on, in which it will be done.
        time_to_completion_ms: u16,
    },
    /// The command failed and the device says nothing but its status; with the code of the acknowledge, of any command.
    /// For a device: answers to writes have an index all the same.
    Refused(Code),
}

impl<'a> Ack<'a> {
    /// Read a datagram. Where this fails, [`AckHeader::parse`] may still tell whose answer it is.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Error> {
        let (header, body) = AckHeader::parse(datagram)?;
        let AckHeader { status, code, request_id } = header;
        let refused = status.is_error() && body.is_empty() && code != Code::ForceIpAck;
        let body = if refused { AckBody::Refused(code) } else { AckBody::parse(code, body)? };
        Ok(Self { status, request_id, body })
    }

    /// Append the datagram to `out`, or nothing where it would be too long. `Refused` with a status that is no error is
    /// written, but parses to something else.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let (code, body) = self.body.encode();
        AckHeader { status: self.status, code, request_id: self.request_id }.write(&body, out)
    }
}

impl<'a> AckBody<'a> {
    fn parse(code: Code, body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(code.packet(), body);
        Ok(match code {
            Code::DiscoveryAck => Self::Discovery(Box::new(DiscoveryAck::parse(body)?)),
            Code::ForceIpAck => Self::ForceIp,
            Code::ReadRegAck => Self::ReadRegisters(register::parse_words(code, body)?),
            Code::WriteRegAck => Self::WriteRegisters { index: reader.u32()? },
            Code::ReadMemAck => {
                let (address, data) = memory::parse_data(code, body)?;
                Self::ReadMemory { address, data }
            }
            Code::WriteMemAck => Self::WriteMemory { index: reader.u32()? },
            Code::PendingAck => {
                reader.skip::<2>()?;
                Self::Pending { time_to_completion_ms: reader.u16()? }
            }
            code => return Err(Error::UnsupportedCode(code)),
        })
    }

    /// Code and bytes.
    fn encode(&self) -> (Code, Vec<u8>) {
        let word = |word: u32| word.to_be_bytes().to_vec();
        match self {
            Self::Discovery(discovery) => {
                let mut body = Vec::with_capacity(DiscoveryAck::BYTES);
                discovery.write(&mut body);
                (Code::DiscoveryAck, body)
            }
            Self::ForceIp => (Code::ForceIpAck, Vec::new()),
            Self::ReadRegisters(values) => (Code::ReadRegAck, register::encode_words(values)),
            &Self::WriteRegisters { index } => (Code::WriteRegAck, word(index)),
            &Self::ReadMemory { address, data } => (Code::ReadMemAck, memory::encode_data(address, data)),
            &Self::WriteMemory { index } => (Code::WriteMemAck, word(index)),
            &Self::Pending { time_to_completion_ms } => {
                (Code::PendingAck, word(time_to_completion_ms.into()))
            }
            &Self::Refused(code) => (code, Vec::new()),
        }
    }
}
