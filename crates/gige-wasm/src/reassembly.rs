//! Reassembly over batches of packets that lie in this memory.

use crate::control::{value, wrong};
use framewire_gige_vision::gvcp::{Command, CommandBody};
use framewire_reassembly::{Batch, Finished, Options, Reassembler, ResendPolicy, Statistics};
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use wasm_bindgen::prelude::*;

/// Resend requests that are sent at once.
const REQUESTS: usize = 128;
/// Bytes of the longest one: header, channel and short id, first and last packet, long id.
const REQUEST_BYTES: usize = 28;

/// One stream session's reassembler, with the memory that packets are received into and requests are sent from.
#[wasm_bindgen]
pub struct Reassembly {
    reassembler: Reassembler,
    received: Batch,
    requests: Batch,
    request_id: u16,
}

#[wasm_bindgen]
impl Reassembly {
    /// Upon `ReassemblyOptions` of TypeScript, checked there.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, previous: &[u8]) -> Result<Self, JsError> {
        let options: StreamOptions = value(options)?;
        let packet_size = options.packet_size;
        Ok(Self {
            reassembler: Reassembler::new(options.checked()?, previous),
            received: Batch::new(packet_size),
            requests: Batch::with_slots(REQUESTS, REQUEST_BYTES),
            request_id: 0,
        })
    }

    /// Where packets are received: address and bytes of the slots, bytes of one, address and words of the table.
    pub fn received(&mut self) -> Vec<usize> {
        layout(&mut self.received)
    }

    /// Where requests are sent from, in the same way.
    pub fn requests(&mut self) -> Vec<usize> {
        layout(&mut self.requests)
    }

    /// Take the first packets of the batch in, and let time pass.
    pub fn take(&mut self, packets: usize, now_us: f64) {
        for packet in self.received.packets(packets) {
            self.reassembler.receive(&packet, now_us as u64);
        }
        self.reassembler.advance(now_us as u64);
    }

    /// Write requests that are due, for so many packets at most; how many.
    pub fn resends(&mut self, address: u32, port: u16, now_us: f64, most: u32) -> usize {
        let (requests, request_id) = (&mut self.requests, &mut self.request_id);
        let to = (Ipv4Addr::from_bits(address), port);
        let mut datagram = Vec::with_capacity(REQUEST_BYTES);
        let mut count = 0;
        self.reassembler.resends(now_us as u64, most, |resend| {
            *request_id = request_id.checked_add(1).unwrap_or(1);
            datagram.clear();
            let body = CommandBody::Resend(resend);
            let written = Command { acknowledge: false, request_id: *request_id, body }.write(&mut datagram);
            count += usize::from(written.is_ok() && requests.put(count, &datagram, to));
            count < REQUESTS
        });
        count
    }

    /// The next block that is done with, undefined where there is none.
    pub fn next(&mut self) -> Result<JsValue, JsError> {
        self.reassembler.next_block().map_or(Ok(JsValue::UNDEFINED), |block| object(&Block::from(block)))
    }

    /// Where an image lies.
    #[wasm_bindgen(js_name = imageAddress)]
    pub fn image_address(&mut self, image: usize) -> usize {
        self.reassembler.image(image.into()).as_ptr().addr()
    }

    /// Give an image back.
    pub fn release(&mut self, image: usize) {
        self.reassembler.release(image.into());
    }

    /// When something is due, in microseconds.
    pub fn due(&self) -> Option<f64> {
        self.reassembler.due_us().map(|due_us| due_us as f64)
    }

    /// `ReassemblyStatistics` of TypeScript.
    pub fn statistics(&self) -> Result<JsValue, JsError> {
        object(&Counts::from(self.reassembler.statistics()))
    }

    /// End the session; what the next one has to know of it.
    pub fn end(&mut self) -> Vec<u8> {
        self.reassembler.end()
    }
}

fn layout(batch: &mut Batch) -> Vec<usize> {
    let slot_bytes = batch.slot_bytes();
    let (memory, bytes) = (batch.memory().as_ptr().addr(), batch.memory().len());
    vec![memory, bytes, slot_bytes, batch.table().as_ptr().addr(), batch.table().len()]
}

fn object(value: &impl Serialize) -> Result<JsValue, JsError> {
    let serializer = Serializer::new().serialize_large_number_types_as_bigints(true);
    value.serialize(&serializer.serialize_maps_as_objects(true)).map_err(wrong)
}

/// `ReassemblyOptions` of TypeScript.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamOptions {
    source: String,
    packet_size: u16,
    block_bytes: usize,
    buffers: usize,
    idle_ms: f64,
    resend: Option<Policy>,
    incomplete: String,
}

/// `ResendPolicy` of TypeScript.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    first_ms: f64,
    silent_ms: f64,
    again_ms: f64,
    attempts: u32,
    per_second: u32,
}

impl StreamOptions {
    fn checked(self) -> Result<Options, JsError> {
        Ok(Options {
            source: self.source.parse().map_err(wrong)?,
            packet_size: self.packet_size,
            block_bytes: self.block_bytes,
            buffers: self.buffers,
            idle_us: micros(self.idle_ms),
            resend: self.resend.map(|policy| ResendPolicy {
                first_us: micros(policy.first_ms),
                silent_us: micros(policy.silent_ms),
                again_us: micros(policy.again_ms),
                attempts: policy.attempts,
                per_second: policy.per_second,
            }),
            deliver_incomplete: self.incomplete == "deliver",
        })
    }
}

fn micros(ms: f64) -> u64 {
    (ms * 1000.0) as u64
}

/// What `FinishedBlock` of TypeScript is made of. Addresses have 32 bits here; a `usize` would become a bigint.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    block_id: u64,
    complete: bool,
    missing: Vec<(u32, u32)>,
    packet_bytes: u32,
    leader: Option<Leader>,
    bytes: u32,
    received_at_ns: u64,
    first_at_ns: u64,
    resent: u32,
    image: u32,
}

/// `BlockLeader` of TypeScript.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Leader {
    timestamp: u64,
    pixel_format: u32,
    width: u32,
    height: u32,
    offset_x: u32,
    offset_y: u32,
    padding_x: u16,
    padding_y: u16,
}

impl From<Finished> for Block {
    fn from(block: Finished) -> Self {
        Self {
            block_id: block.id.value(),
            complete: block.complete,
            missing: block.missing,
            packet_bytes: block.packet_bytes,
            leader: block.leader.map(|leader| Leader {
                timestamp: leader.timestamp,
                pixel_format: leader.pixel_format.0,
                width: leader.width,
                height: leader.height,
                offset_x: leader.offset_x,
                offset_y: leader.offset_y,
                padding_x: leader.padding_x,
                padding_y: leader.padding_y,
            }),
            bytes: block.bytes as u32,
            received_at_ns: block.received_at_ns,
            first_at_ns: block.first_at_ns,
            resent: block.resent,
            image: block.image.index() as u32,
        }
    }
}

/// `ReassemblyStatistics` of TypeScript. A count up to 2^53 is exact.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    complete: f64,
    incomplete: f64,
    recovered: f64,
    skipped: f64,
    queue_full: f64,
    packets: f64,
    bytes: f64,
    missing_packets: f64,
    resend_requests: f64,
    resend_packets_asked: f64,
    resend_packets: f64,
    unavailable: f64,
    duplicates: f64,
    late: f64,
    foreign: f64,
    refused: BTreeMap<String, f64>,
}

impl From<&Statistics> for Counts {
    fn from(counts: &Statistics) -> Self {
        Self {
            complete: counts.complete as f64,
            incomplete: counts.incomplete as f64,
            recovered: counts.recovered as f64,
            skipped: counts.skipped as f64,
            queue_full: counts.queue_full as f64,
            packets: counts.packets as f64,
            bytes: counts.bytes as f64,
            missing_packets: counts.missing_packets as f64,
            resend_requests: counts.resend_requests as f64,
            resend_packets_asked: counts.resend_packets_asked as f64,
            resend_packets: counts.resend_packets as f64,
            unavailable: counts.unavailable as f64,
            duplicates: counts.duplicates as f64,
            late: counts.late as f64,
            foreign: counts.foreign as f64,
            refused: counts
                .refused
                .iter()
                .map(|(refusal, count)| (refusal.to_string(), count as f64))
                .collect(),
        }
    }
}
