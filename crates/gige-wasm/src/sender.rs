//! A simulated camera's packets, written into batches that lie in this memory.

use crate::control::{block_id, object, value, wrong};
use crate::identity::ip;
use framewire_gige_vision::gvcp::Resend;
use framewire_gige_vision::PixelFormat;
use framewire_reassembly::Batch;
use framewire_simulator::{Faults, Hostile, Image, Options, Origin, Record, Stream};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use wasm_bindgen::prelude::*;

/// `SenderOptions` of TypeScript.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SenderOptions {
    seed: u64,
    ring_blocks: usize,
    record_frames: usize,
    faults: HashMap<String, f64>,
    hostile: Option<String>,
    resend_status: bool,
    first_id: u64,
    extended_ids: bool,
    ids_go_on: bool,
    slots: usize,
}

/// `SenderStream` of TypeScript.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SenderStream {
    width: u32,
    height: u32,
    offset_x: u32,
    offset_y: u32,
    pixel_format: u32,
    packet_size: u16,
    source: Source,
    to: Endpoint,
}

/// `SenderStream.source` of TypeScript.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Pattern,
    Recorded,
    Telops,
}

impl From<Source> for framewire_simulator::Source {
    fn from(source: Source) -> Self {
        match source {
            Source::Pattern => Self::Pattern,
            Source::Recorded => Self::Recorded,
            Source::Telops => Self::Telops,
        }
    }
}

/// `Endpoint` of TypeScript.
#[derive(Deserialize)]
struct Endpoint {
    address: String,
    port: u16,
}

/// `FrameRecord` of TypeScript.
#[derive(Serialize)]
struct FrameRecord {
    number: u64,
    id: u64,
    packets: u32,
    dropped: Vec<(u32, u32)>,
    damaged: Vec<(u32, u32)>,
    altered: Vec<(u32, u32)>,
    missing: Vec<(u32, u32)>,
}

impl From<Record> for FrameRecord {
    fn from(record: Record) -> Self {
        let Record { number, id, packets, dropped, damaged, altered, missing } = record;
        Self { number, id, packets, dropped, damaged, altered, missing }
    }
}

/// Packets of one sender, ready for a socket.
struct Packets {
    batch: Batch,
    count: usize,
}

impl Packets {
    fn with_slots(slots: usize, slot_bytes: usize) -> Self {
        Self { batch: Batch::with_slots(slots, slot_bytes), count: 0 }
    }
}

/// A camera's stream channel with the batches of its packets: those of the camera (0) and of a stranger (1).
#[wasm_bindgen]
pub struct Sender {
    sender: framewire_simulator::Sender,
    packets: [Packets; 2],
    slots: usize,
    to: (Ipv4Addr, u16),
    packet: Vec<u8>,
}

#[wasm_bindgen]
impl Sender {
    /// A camera that has not sent anything.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Self, JsError> {
        let options: SenderOptions = value(options)?;
        let mut faults = Faults::default();
        for (name, value) in &options.faults {
            if !faults.set(name, *value) {
                return Err(wrong(format!("there is no fault {name}")));
            }
        }
        let hostile = match &options.hostile {
            Some(name) => Some(
                Hostile::from_name(name)
                    .ok_or_else(|| wrong(format!("there is no hostile behaviour {name}")))?,
            ),
            None => None,
        };
        let sender = framewire_simulator::Sender::new(Options {
            seed: options.seed,
            ring_blocks: options.ring_blocks,
            record_frames: options.record_frames,
            faults,
            hostile,
            resend_status: options.resend_status,
            first_id: block_id(options.first_id, options.extended_ids).map_err(wrong)?,
            ids_go_on: options.ids_go_on,
        });
        let packets = [Packets::with_slots(0, 1), Packets::with_slots(0, 1)];
        let (slots, to) = (options.slots, (Ipv4Addr::UNSPECIFIED, 0));
        Ok(Self { sender, packets, slots, to, packet: Vec::new() })
    }

    /// Begin a session; the batches are empty.
    pub fn start(&mut self, stream: JsValue) -> Result<(), JsError> {
        let stream: SenderStream = value(stream)?;
        let image = Image {
            width: stream.width,
            height: stream.height,
            offset_x: stream.offset_x,
            offset_y: stream.offset_y,
            pixel_format: PixelFormat(stream.pixel_format),
        };
        let (packet_size, source) = (stream.packet_size, stream.source.into());
        self.sender.start(Stream { image, packet_size, source }).map_err(wrong)?;
        self.to = (ip(&stream.to.address).map_err(wrong)?, stream.to.port);
        // Oversize packets of a hostile camera have their room, too.
        let slot_bytes = usize::from(packet_size) + 128;
        for packets in &mut self.packets {
            *packets = Packets::with_slots(self.slots, slot_bytes);
        }
        Ok(())
    }

    /// End the session at once.
    pub fn stop(&mut self) {
        self.sender.stop();
    }

    /// Address of the next frame's pixels, where they are a recording's.
    #[wasm_bindgen(js_name = pixelsAddress)]
    pub fn pixels_address(&mut self) -> usize {
        self.sender.pixels().as_ptr().addr()
    }

    /// A frame is taken.
    pub fn take(&mut self, timestamp: u64) -> u64 {
        self.sender.take(timestamp)
    }

    /// A frame of a Telops camera is taken.
    #[wasm_bindgen(js_name = takeHeaded)]
    pub fn take_headed(&mut self, timestamp: u64, frame_id: u32, header: &[u8]) -> u64 {
        self.sender.take_headed(timestamp, frame_id, header)
    }

    /// Frames that were taken and not sent whole yet.
    #[wasm_bindgen(getter)]
    pub fn backlog(&self) -> usize {
        self.sender.backlog()
    }

    /// Write the next packets into the batches, at most so many and as many as there are slots.
    pub fn write(&mut self, most: usize) {
        for packets in &mut self.packets {
            packets.count = 0;
        }
        for _ in 0..most.min(self.slots) {
            let Some(origin) = self.sender.next(&mut self.packet) else { break };
            let packets = &mut self.packets[usize::from(origin == Origin::Stranger)];
            packets.count += usize::from(packets.batch.put(packets.count, &self.packet, self.to));
        }
    }

    /// Bytes of a slot.
    #[wasm_bindgen(getter, js_name = slotBytes)]
    pub fn slot_bytes(&self) -> usize {
        self.packets[0].batch.slot_bytes()
    }

    /// Packets in a batch.
    pub fn count(&self, stranger: bool) -> usize {
        self.packets[usize::from(stranger)].count
    }

    /// Address of a batch's slots.
    #[wasm_bindgen(js_name = memoryAddress)]
    pub fn memory_address(&mut self, stranger: bool) -> usize {
        self.packets[usize::from(stranger)].batch.memory().as_ptr().addr()
    }

    /// Address of a batch's table.
    #[wasm_bindgen(js_name = tableAddress)]
    pub fn table_address(&mut self, stranger: bool) -> usize {
        self.packets[usize::from(stranger)].batch.table().as_ptr().addr()
    }

    /// A host asks for packets again: how many are sent again, were not sent yet, are gone.
    pub fn resend(&mut self, block: u64, extended: bool, first: u32, last: u32) -> Result<Vec<u32>, JsError> {
        let block = block_id(block, extended).map_err(wrong)?;
        let asked = Resend { stream_channel: 0, block, first_packet: first, last_packet: last };
        let resent = self.sender.resend(&asked);
        Ok(vec![resent.packets, resent.premature, resent.unavailable])
    }

    /// What became of frames; see the simulator's `Sender::records`.
    pub fn records(&self) -> Result<JsValue, JsError> {
        let records: Vec<FrameRecord> = self.sender.records().into_iter().map(Into::into).collect();
        object(&records)
    }
}
