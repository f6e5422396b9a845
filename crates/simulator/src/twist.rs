use crate::chance::{Cause, Chance, Draw};
use framewire_gige_vision::gvsp::Header;
use framewire_gige_vision::{BlockId, Status};

/// How a packet differs from what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Not at all.
    None,
    /// Sent because it was asked for again.
    Again,
    /// It states this status, and has no content.
    Status(Status),
    /// It states this block.
    Id(BlockId),
    /// It states this packet id.
    Packet(u32),
    /// It states this format.
    Format(u8),
    /// This bit of the header is the other way round.
    HeaderBit(u8),
    /// This bit of the content, from its start on and again from there, is the other way round.
    ContentBit(u64),
    /// Every bit of the content is the other way round.
    Inverted,
    /// The content has so many bytes: it is cut, or zeros follow.
    ContentBytes(u16),
    /// The packet is cut to so many bytes.
    Bytes(u16),
    /// Four bytes of the content from here on are another number.
    Word(u8, u32),
    /// Two bytes of the content from here on are another number.
    Half(u8, u16),
    /// So many random bytes take the place of the packet.
    Noise(u16),
}

impl Twist {
    /// Twist the packet. Its header is that of `id`.
    pub fn apply(self, packet: &mut Vec<u8>, id: BlockId, chance: &Chance, draw: Draw) {
        let header = usize::from(Header::bytes(id)).min(packet.len());
        match self {
            Self::None | Self::Again | Self::Id(_) => {}
            Self::Status(_) => packet.truncate(header),
            Self::Packet(number) if id.is_extended() => put(packet, 16, &number.to_be_bytes()),
            Self::Packet(number) => put(packet, 5, &number.to_be_bytes()[1..]),
            Self::Format(format) => {
                if let Some(byte) = packet.get_mut(4) {
                    *byte = *byte & 0xf0 | format & 0x0f;
                }
            }
            Self::HeaderBit(bit) => flip(&mut packet[..header], bit.into()),
            Self::ContentBit(bit) => flip(&mut packet[header..], bit),
            Self::Inverted => packet[header..].iter_mut().for_each(|byte| *byte = !*byte),
            Self::ContentBytes(bytes) => packet.resize(header + usize::from(bytes), 0),
            Self::Bytes(bytes) => packet.truncate(bytes.into()),
            Self::Word(at, word) => put(packet, header + usize::from(at), &word.to_be_bytes()),
            Self::Half(at, half) => put(packet, header + usize::from(at), &half.to_be_bytes()),
            Self::Noise(bytes) => {
                packet.clear();
                packet.extend(
                    (0..bytes.into())
                        .map(|attempt| chance.draw(Cause::Hostile, Draw { attempt, ..draw }) as u8),
                );
            }
        }
    }
}

/// Overwrite bytes where there are so many.
fn put(packet: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = packet.get_mut(at..).and_then(|rest| rest.get_mut(..bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

fn flip(bytes: &mut [u8], bit: u64) {
    let bits = 8 * bytes.len() as u64;
    if let Some(bit) = bit.checked_rem(bits) {
        if let Some(byte) = bytes.get_mut((bit / 8) as usize) {
            *byte ^= 1 << (bit % 8);
        }
    }
}
