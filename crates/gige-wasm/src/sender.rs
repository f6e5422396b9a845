//! A simulated camera's packets, written into batches that lie in this memory.

use crate::control::{block_id, object, value, wrong};
use crate::identity::ip;
use framewire_gige_vision::gvcp::Resend;
use framewire_gige_vision::PixelFormat;
use framewire_simulator::{Faults, Hostile, Image, Options, Origin, Record, Stream};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use wasm_bindgen::prelude::*;

/// Words of a packet in the table: length, address, port, and a time that is not used here.
const WORDS: usize = 5;

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
    recorded: bool,
    to: Endpoint,
}

/// `Endpoint` of TypeScript.
#[derive(Deserialize)]
struct Endpoint {
    address: String,
    port: u32,
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
#[derive(Default)]
struct Batch {
    memory: Vec<u8>,
    table: Vec<u32>,
    count: usize,
}

/// A camera's stream channel with the batches of its packets: those of the camera (0) and of a stranger (1).
#[wasm_bindgen]
pub struct Sender {
    sender: framewire_simulator::Sender,
    batches: [Batch; 2],
    slots: usize,
    slot_bytes: usize,
    to: (u32, u32),
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
        let (slots, to) = (options.slots, (0, 0));
        Ok(Self { sender, batches: Default::default(), slots, slot_bytes: 1, to, packet: Vec::new() })
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
        let SenderStream { packet_size, recorded, .. } = stream;
        if !self.sender.start(Stream { image, packet_size, recorded }) {
            return Err(wrong(format!("packets of {packet_size} bytes have no room for pixels")));
        }
        self.to = (ip(&stream.to.address).map_err(wrong)?.to_bits(), stream.to.port);
        // Oversize packets of a hostile camera have their room, too.
        self.slot_bytes = usize::from(packet_size) + 128;
        for batch in &mut self.batches {
            batch.memory.resize(self.slots * self.slot_bytes, 0);
            batch.table.resize(self.slots * WORDS, 0);
            batch.count = 0;
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

    /// Frames that were taken and not sent whole yet.
    #[wasm_bindgen(getter)]
    pub fn backlog(&self) -> usize {
        self.sender.backlog()
    }

    /// Write the next packets into the batches, at most so many and as many as there are slots.
    pub fn write(&mut self, packets: usize) {
        for batch in &mut self.batches {
            batch.count = 0;
        }
        for _ in 0..packets.min(self.slots) {
            let Some(origin) = self.sender.next(&mut self.packet) else { break };
            let batch = &mut self.batches[usize::from(origin == Origin::Stranger)];
            let slot = batch.memory.chunks_exact_mut(self.slot_bytes).nth(batch.count);
            let words = batch.table.chunks_exact_mut(WORDS).nth(batch.count);
            let (Some(slot), Some(words)) = (slot, words) else { break };
            let length = self.packet.len().min(slot.len());
            slot[..length].copy_from_slice(&self.packet[..length]);
            words[..3].copy_from_slice(&[length as u32, self.to.0, self.to.1]);
            batch.count += 1;
        }
    }

    /// Bytes of a slot.
    #[wasm_bindgen(getter, js_name = slotBytes)]
    pub fn slot_bytes(&self) -> usize {
        self.slot_bytes
    }

    /// Packets in a batch.
    pub fn count(&self, stranger: bool) -> usize {
        self.batches[usize::from(stranger)].count
    }

    /// Address of a batch's slots.
    #[wasm_bindgen(js_name = memoryAddress)]
    pub fn memory_address(&self, stranger: bool) -> usize {
        self.batches[usize::from(stranger)].memory.as_ptr().addr()
    }

    /// Address of a batch's table.
    #[wasm_bindgen(js_name = tableAddress)]
    pub fn table_address(&self, stranger: bool) -> usize {
        self.batches[usize::from(stranger)].table.as_ptr().addr()
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
