use crate::record::{ranges, Record};
use crate::scene::Scene;
use crate::Image;
use framewire_gige_vision::gvsp::{Content, Flags, Format, Header, Leader, Trailer};
use framewire_gige_vision::{BlockId, Status};
use std::collections::HashMap;
use std::rc::Rc;

/// What became of a packet, as bits: its turn has come.
pub const PASSED: u8 = 1;
/// It was sent as it should be.
pub const WHOLE: u8 = 2;
/// It was lost at first.
pub const DROPPED: u8 = 4;
/// It was sent with a wrong header.
pub const DAMAGED: u8 = 8;
/// It was sent with wrong pixels.
pub const ALTERED: u8 = 16;

/// How the blocks of a session are cut into packets.
#[derive(Debug)]
pub struct Shape {
    pub image: Image,
    /// Bytes of image in a payload packet.
    pub capacity: usize,
    pub scene: Scene,
}

impl Shape {
    /// The trailer's packet id, which is also how many payload packets there are, plus one.
    pub fn trailer(&self) -> u32 {
        self.image.bytes().div_ceil(self.capacity) as u32 + 1
    }
}

/// A frame as it is sent.
#[derive(Debug)]
pub struct Block {
    pub number: u64,
    pub session: u32,
    pub id: BlockId,
    pub timestamp: u64,
    pub shape: Rc<Shape>,
    /// That a Telops camera states.
    pub frame_id: u32,
    /// Of a recording, or a Telops camera's header; all else is made anew each time.
    pub pixels: Vec<u8>,
    /// What became of each packet.
    pub fates: Vec<u8>,
    /// How often packets were asked for again.
    pub attempts: HashMap<u32, u32>,
}

/// What a header says beside what packet it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Label {
    pub status: Option<Status>,
    pub flags: Flags,
    pub id: Option<BlockId>,
}

impl Block {
    /// Replace `out` with a packet of this block; one beyond the trailer is payload without pixels.
    pub fn write(&self, packet: u32, label: Label, out: &mut Vec<u8>) {
        let trailer = self.shape.trailer();
        let format = match packet {
            0 => Format::Leader,
            packet if packet == trailer => Format::Trailer,
            _ => Format::Payload,
        };
        let block = label.id.unwrap_or(self.id);
        let status = label.status.unwrap_or(Status::Success);
        out.clear();
        // The packet ids of an image that has too many for a standard header are cut, as a careless camera does it.
        let packet_id = if block.is_extended() { packet } else { packet & 0xff_ffff };
        let _ = Header { status, flags: label.flags, block, packet: packet_id, format }.write(out);
        match format {
            Format::Leader => Content::Leader(self.leader()).write(out),
            Format::Trailer => Content::Trailer(Trailer { height: self.shape.image.height }).write(out),
            _ => self.payload(packet, out),
        }
    }

    fn leader(&self) -> Leader {
        let Image { width, height, offset_x, offset_y, pixel_format } = self.shape.image;
        Leader {
            field_info: 0,
            timestamp: self.timestamp,
            pixel_format,
            width,
            height,
            offset_x,
            offset_y,
            padding_x: 0,
            padding_y: 0,
        }
    }

    fn payload(&self, packet: u32, out: &mut Vec<u8>) {
        let from = (packet as usize - 1).saturating_mul(self.shape.capacity);
        let to = from.saturating_add(self.shape.capacity);
        match &self.shape.scene {
            Scene::Pattern(pattern) => pattern.write(self.number, from, to, out),
            Scene::Telops(pattern) => pattern.write(self.frame_id, &self.pixels, from, to, out),
            Scene::Recorded => {
                out.extend(self.pixels.get(from..to.min(self.pixels.len())).unwrap_or_default())
            }
        }
    }

    /// Note what became of a packet.
    pub fn note(&mut self, packet: u32, fate: u8) {
        if let Some(fates) = self.fates.get_mut(packet as usize) {
            *fates |= fate;
        }
    }

    /// How often this packet was asked for again, this time included.
    pub fn attempt(&mut self, packet: u32) -> u32 {
        let attempts = self.attempts.entry(packet).or_default();
        *attempts += 1;
        *attempts
    }

    pub fn record(&self) -> Record {
        Record {
            number: self.number,
            id: self.id.value(),
            packets: self.fates.len() as u32,
            dropped: ranges(&self.fates, |fate| fate & DROPPED != 0),
            damaged: ranges(&self.fates, |fate| fate & DAMAGED != 0),
            altered: ranges(&self.fates, |fate| fate & ALTERED != 0),
            missing: ranges(&self.fates, |fate| fate & WHOLE == 0),
        }
    }
}
