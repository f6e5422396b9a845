//! The packets of an image, written once: all images are the same but for their ids, times and first eight bytes.

use framewire_gige_vision::gvsp::{payload_capacity, Content, Header, Leader, Trailer};
use framewire_gige_vision::{BlockId, PixelFormat, Status};
use std::ops::Range;

/// Where in a packet's standard header the block id is.
const BLOCK_ID_AT: usize = 2;
/// Where in a leader the time is: behind the header and four bytes.
const TIMESTAMP_AT: usize = 12;
/// Where in the first payload packet the image begins.
const IMAGE_AT: usize = 8;

/// The packets of one image, in one piece of memory.
pub struct Packets {
    bytes: Vec<u8>,
    slots: Vec<Range<usize>>,
}

impl Packets {
    /// For a stream channel's packet size, that of the whole IP packet.
    pub fn new(width: u32, height: u32, packet_size: u16) -> Self {
        let block = BlockId::Bits16(1);
        let image: Vec<u8> =
            (0..width * height).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let leader = Leader {
            field_info: 0,
            timestamp: 0,
            pixel_format: PixelFormat::MONO_8,
            width,
            height,
            offset_x: 0,
            offset_y: 0,
            padding_x: 0,
            padding_y: 0,
        };
        let capacity = usize::from(payload_capacity(packet_size, block)).max(IMAGE_AT);
        let mut contents = vec![Content::Leader(leader)];
        contents.extend(image.chunks(capacity).map(Content::Payload));
        contents.push(Content::Trailer(Trailer { height }));

        let mut packets = Self { bytes: Vec::new(), slots: Vec::new() };
        for (packet, content) in (0..).zip(contents) {
            let start = packets.bytes.len();
            let format = content.format();
            let header = Header { status: Status::Success, flags: Default::default(), block, packet, format };
            header.write(&mut packets.bytes).expect("an image has fewer than 2^24 packets");
            content.write(&mut packets.bytes);
            packets.slots.push(start..packets.bytes.len());
        }
        packets
    }

    pub fn count(&self) -> usize {
        self.slots.len()
    }

    pub fn get(&self, packet: usize) -> Option<&[u8]> {
        self.bytes.get(self.slots.get(packet)?.clone())
    }

    /// Make them those of image `number`, from 0 on, taken at `timestamp` ns.
    pub fn stamp(&mut self, number: u64, timestamp: u64) {
        let id = block_id(number).to_be_bytes();
        for slot in &self.slots {
            self.bytes[slot.start + BLOCK_ID_AT..][..2].copy_from_slice(&id);
        }
        self.bytes[self.slots[0].start + TIMESTAMP_AT..][..8].copy_from_slice(&timestamp.to_be_bytes());
        self.bytes[self.slots[1].start + IMAGE_AT..][..8].copy_from_slice(&number.to_be_bytes());
    }
}

/// Ids go from 1 to 65,535 and on with 1.
pub fn block_id(number: u64) -> u16 {
    (number % 65_535) as u16 + 1
}
