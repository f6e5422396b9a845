//! What a camera sends, and a receiver that gives it to a reassembler.

use framewire_gige_vision::gvsp::{payload_capacity, Content, Flags, Header, Leader, Trailer};
use framewire_gige_vision::{BlockId, PixelFormat, Status};
use framewire_reassembly::{Finished, Options, Packet, Reassembler, ResendPolicy};
use std::net::Ipv4Addr;

pub const CAMERA: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 20);
pub const PACKET_SIZE: u16 = 128;
/// Bytes of image in a packet with a short block id.
pub const CAPACITY: usize = 92;

/// An image of Mono8 pixels in one row a packet, or so.
#[derive(Clone, Copy, Debug)]
pub struct Image {
    pub id: BlockId,
    pub width: u32,
    pub height: u32,
    pub timestamp: u64,
}

pub fn short(id: u16) -> BlockId {
    BlockId::Bits16(id)
}

impl Image {
    /// Of so many bytes.
    pub fn new(id: BlockId, bytes: u32) -> Self {
        Self { id, width: bytes, height: 1, timestamp: 1000 + id.value() % 65_536 }
    }

    pub fn bytes(&self) -> usize {
        (self.width * self.height) as usize
    }

    /// Pixels that no other block has, nor any other place in it.
    pub fn pixels(&self) -> Vec<u8> {
        let seed = (self.id.value() ^ self.timestamp.rotate_left(20)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (0..self.bytes() as u64)
            .map(|at| ((seed ^ (at + 1)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8 | 1)
            .collect()
    }

    pub fn leader(&self) -> Leader {
        Leader {
            field_info: 0,
            timestamp: self.timestamp,
            pixel_format: PixelFormat::MONO_8,
            width: self.width,
            height: self.height,
            offset_x: 0,
            offset_y: 0,
            padding_x: 0,
            padding_y: 0,
        }
    }

    /// Its packets, with as many bytes of image in each as the packet size allows.
    pub fn packets(&self) -> Vec<Vec<u8>> {
        self.packets_of(payload_capacity(PACKET_SIZE, self.id).into())
    }

    /// Its packets, with so many bytes of image in each.
    pub fn packets_of(&self, capacity: usize) -> Vec<Vec<u8>> {
        let pixels = self.pixels();
        let payloads = pixels.chunks(capacity).map(Content::Payload);
        let contents = std::iter::once(Content::Leader(self.leader())).chain(payloads);
        let contents = contents.chain([Content::Trailer(Trailer { height: self.height })]);
        contents.enumerate().map(|(packet, content)| datagram(self.id, packet as u32, content)).collect()
    }

    /// Packet id of the trailer.
    pub fn end(&self) -> u32 {
        self.bytes().div_ceil(payload_capacity(PACKET_SIZE, self.id).into()) as u32 + 1
    }
}

pub fn datagram(block: BlockId, packet: u32, content: Content<'_>) -> Vec<u8> {
    let header =
        Header { status: Status::Success, flags: Flags::default(), block, packet, format: content.format() };
    let mut datagram = Vec::new();
    header.write(&mut datagram).expect("a small id");
    content.write(&mut datagram);
    datagram
}

/// An answer without content, as to a resend that failed.
pub fn answer(status: Status, block: BlockId, packet: u32) -> Vec<u8> {
    let mut bytes = datagram(block, packet, Content::Payload(&[]));
    bytes[..2].copy_from_slice(&u16::from(status).to_be_bytes());
    bytes
}

pub const RESEND: ResendPolicy =
    ResendPolicy { first_us: 1_000, silent_us: 1_000, again_us: 10_000, attempts: 5, per_second: 100_000 };

/// Options of tests: every block is handed over.
pub fn options() -> Options {
    Options {
        source: CAMERA,
        packet_size: PACKET_SIZE,
        block_bytes: 16 * CAPACITY,
        buffers: 8,
        idle_us: 200_000,
        resend: None,
        deliver_incomplete: true,
    }
}

/// A reassembler that is told the time of each packet.
pub struct Receiver {
    pub stream: Reassembler,
    pub now_us: u64,
    buffers: usize,
    image_bytes: usize,
}

impl Receiver {
    pub fn new(options: Options) -> Self {
        Self::after(options, &[])
    }

    pub fn after(options: Options, previous: &[u8]) -> Self {
        let (buffers, image_bytes) = (options.buffers, options.block_bytes);
        Self { stream: Reassembler::new(options, previous), now_us: 1_000_000, buffers, image_bytes }
    }

    /// A packet of the camera.
    pub fn take(&mut self, bytes: &[u8]) {
        self.take_from(CAMERA, bytes, bytes.len());
    }

    pub fn take_from(&mut self, from: Ipv4Addr, bytes: &[u8], length: usize) {
        let received_at_ns = self.now_us * 1000;
        self.stream.receive(&Packet { bytes, length, from, received_at_ns }, self.now_us);
        self.stream.advance(self.now_us);
        self.is_bounded();
    }

    pub fn take_all<T: AsRef<[u8]>>(&mut self, packets: impl IntoIterator<Item = T>) {
        packets.into_iter().for_each(|packet| self.take(packet.as_ref()));
    }

    /// Let so many microseconds pass, awake when something is due.
    pub fn wait(&mut self, us: u64) {
        let end_us = self.now_us + us;
        let due = |now_us, stream: &Reassembler| {
            stream.due_us().filter(|due_us| (now_us + 1..=end_us).contains(due_us))
        };
        while let Some(due_us) = due(self.now_us, &self.stream) {
            self.now_us = due_us;
            self.stream.advance(self.now_us);
        }
        self.now_us = end_us;
        self.stream.advance(end_us);
    }

    /// Requests that are due: block, first and last packet.
    pub fn asked(&mut self) -> Vec<(BlockId, u32, u32)> {
        self.asked_at_once(u32::MAX)
    }

    /// The same, for so many packets at most.
    pub fn asked_at_once(&mut self, most: u32) -> Vec<(BlockId, u32, u32)> {
        let mut asked = Vec::new();
        self.stream.resends(self.now_us, most, |resend| {
            asked.push((resend.block, resend.first_packet, resend.last_packet));
            true
        });
        asked
    }

    /// The blocks that are done with, with their images, which are released.
    pub fn blocks(&mut self) -> Vec<(Finished, Vec<u8>)> {
        let mut blocks = Vec::new();
        while let Some(block) = self.stream.next_block() {
            assert!(block.image.index() < self.buffers && block.bytes <= self.image_bytes);
            let image = self.stream.image(block.image)[..block.bytes].to_vec();
            self.stream.release(block.image);
            blocks.push((block, image));
        }
        blocks
    }

    /// Ids and verdicts of the blocks that are done with.
    pub fn verdicts(&mut self) -> Vec<(BlockId, Vec<(u32, u32)>)> {
        let blocks = self.blocks();
        for (block, _) in &blocks {
            assert_eq!(block.complete, block.missing.is_empty(), "{block:?}");
        }
        blocks.into_iter().map(|(block, _)| (block.id, block.missing)).collect()
    }

    pub fn refused(&self) -> Vec<(String, u64)> {
        self.stream.statistics().refused.iter().map(|(refusal, count)| (refusal.to_string(), count)).collect()
    }

    /// Whatever comes, so many blocks are in flight at most: those with an image, and some of which nothing came.
    fn is_bounded(&self) {
        assert!(self.stream.in_flight() <= self.buffers + 64 + 1, "{}", self.stream.in_flight());
    }
}

/// The image as it has to be where these packets are missing.
pub fn with_gaps(image: &Image, missing: &[(u32, u32)]) -> Vec<u8> {
    let capacity = usize::from(payload_capacity(PACKET_SIZE, image.id));
    let mut pixels = image.pixels();
    for (at, pixel) in pixels.iter_mut().enumerate() {
        let packet = (at / capacity) as u32 + 1;
        if missing.iter().any(|&(first, last)| (first..=last).contains(&packet)) {
            *pixel = 0;
        }
    }
    pixels
}
