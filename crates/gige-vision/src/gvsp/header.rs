use crate::bits::bits;
use crate::reader::Reader;
use crate::wire_enum::wire_enum;
use crate::{BlockId, Error, Status};
use alloc::vec::Vec;

/// The top bit of the format byte: the header is an extended one, of 20 bytes.
const EXTENDED: u8 = 0x80;
/// The bits of the format byte that hold the format.
const FORMAT: u8 = 0x0f;
/// The largest packet id of a standard header: 24 bits.
pub const MAX_PACKET_ID: u32 = 0x00ff_ffff;
/// Bytes of IPv4 and UDP headers, which count in a stream channel's packet size.
const IP_UDP_BYTES: u16 = 28;

wire_enum! {
    /// What a packet of a block holds.
    Format: u8 {
        /// What the image is like.
        Leader = 0x01 "LEADER",
        /// The end of the block.
        Trailer = 0x02 "TRAILER",
        /// A piece of the image.
        Payload = 0x03 "PAYLOAD",
        /// A whole block in one packet; not supported.
        AllIn = 0x04 "ALLIN",
        /// A piece of an H.264 stream; not supported.
        H264 = 0x05 "H264",
        /// A piece of a multi-zone image; not supported.
        MultiZone = 0x06 "MULTI-ZONE",
        /// A piece of a multi-part block; not supported.
        MultiPart = 0x07 "MULTI-PART",
        /// A piece of a GenDC container; not supported.
        GenDc = 0x08 "GENDC",
    }
}

bits! {
    /// The flags of an extended header; the upper eight are the device's own.
    Flags: u16 {
        /// The packet is sent again.
        PACKET_RESEND = 0x0001,
        /// The block before this one was not sent whole.
        PREVIOUS_BLOCK_DROPPED = 0x0002,
        /// A resend that went wrong: the range asked for is not there.
        RESEND_RANGE_ERROR = 0x0004,
    }
}

/// What every packet of a block begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether the device had what it should send.
    pub status: Status,
    /// None in a standard header, where they are not written either.
    pub flags: Flags,
    /// Which block. Its width tells a standard header from an extended one.
    pub block: BlockId,
    /// Which packet of the block; 0 is the leader.
    pub packet: u32,
    /// What it holds.
    pub format: Format,
}

impl Header {
    /// Header and content of a packet.
    #[inline]
    pub fn parse(datagram: &[u8]) -> Result<(Self, &[u8]), Error> {
        let mut reader = Reader::new("a GVSP packet", datagram);
        let status = Status::from(reader.u16()?);
        let short = reader.u16()?;
        let word = reader.u32()?;
        let kind = (word >> 24) as u8;
        let format = Format::from(kind & FORMAT);
        let header = if kind & EXTENDED == 0 {
            let (flags, block) = (Flags::default(), BlockId::Bits16(short));
            Self { status, flags, block, packet: word & MAX_PACKET_ID, format }
        } else {
            let (flags, block) = (Flags(short), BlockId::Bits64(reader.u64()?));
            Self { status, flags, block, packet: reader.u32()?, format }
        };
        Ok((header, reader.rest()))
    }

    /// Append the header to `out`, or nothing where the packet id is too large for a standard header.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let status = u16::from(self.status).to_be_bytes();
        let kind = u32::from(u8::from(self.format) & FORMAT) << 24;
        match self.block {
            BlockId::Bits16(_) if self.packet > MAX_PACKET_ID => {
                return Err(Error::PacketId { id: self.packet });
            }
            BlockId::Bits16(block) => {
                out.extend_from_slice(&status);
                out.extend_from_slice(&block.to_be_bytes());
                out.extend_from_slice(&(kind | self.packet).to_be_bytes());
            }
            BlockId::Bits64(block) => {
                out.extend_from_slice(&status);
                out.extend_from_slice(&self.flags.0.to_be_bytes());
                out.extend_from_slice(&(kind | u32::from(EXTENDED) << 24).to_be_bytes());
                out.extend_from_slice(&block.to_be_bytes());
                out.extend_from_slice(&self.packet.to_be_bytes());
            }
        }
        Ok(())
    }

    /// Whether the device says that it sends the packet again. Many do not say.
    #[inline]
    pub fn is_resent(&self) -> bool {
        self.status == Status::PacketResend || self.flags.contains(Flags::PACKET_RESEND)
    }

    /// Bytes of a header with such a block id.
    pub const fn bytes(block: BlockId) -> u16 {
        if block.is_extended() {
            20
        } else {
            8
        }
    }
}

/// Bytes of image in each payload packet but the last, where the stream channel's packet size (that of the whole IP
/// packet) is `packet_size`; 0 where not even the headers fit.
pub const fn payload_capacity(packet_size: u16, block: BlockId) -> u16 {
    packet_size.saturating_sub(IP_UDP_BYTES + Header::bytes(block))
}
