use crate::gvsp::MAX_PACKET_ID;
use crate::reader::Reader;
use crate::{BlockId, Error};
use alloc::vec::Vec;

/// Packets of a block that shall be sent again. The answer is the packets themselves, on the stream channel, which may
/// bring other ids than were asked for: check them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resend {
    /// Which stream channel of the device.
    pub stream_channel: u16,
    /// Which block, in the width that its packets have.
    pub block: BlockId,
    /// The first packet, 0 the leader. Beside a 16-bit block id it has 24 bits.
    pub first_packet: u32,
    /// The last packet, itself included; all ones for the end of the block.
    pub last_packet: u32,
}

impl Resend {
    pub(super) fn parse(extended: bool, body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("PACKETRESEND_CMD", body);
        let stream_channel = reader.u16()?;
        let short = reader.u16()?;
        let (first, last) = (reader.u32()?, reader.u32()?);
        let (block, mask) = match extended {
            true => (BlockId::Bits64(reader.u64()?), u32::MAX),
            false => (BlockId::Bits16(short), MAX_PACKET_ID),
        };
        Ok(Self { stream_channel, block, first_packet: first & mask, last_packet: last & mask })
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, Error> {
        let (short, long) = match self.block {
            BlockId::Bits16(id) => (id, None),
            BlockId::Bits64(id) => (0, Some(id)),
        };
        let mut body = self.stream_channel.to_be_bytes().to_vec();
        body.extend(short.to_be_bytes());
        for id in [self.first_packet, self.last_packet] {
            if long.is_none() && id > MAX_PACKET_ID {
                return Err(Error::PacketId { id });
            }
            body.extend(id.to_be_bytes());
        }
        body.extend(long.into_iter().flat_map(u64::to_be_bytes));
        Ok(body)
    }
}
