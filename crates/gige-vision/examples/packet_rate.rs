//! Nanoseconds to read and to write a packet of a stream: `cargo run --release --example packet_rate`.

use framewire_gige_vision::gvsp::{Content, Flags, Format, Header};
use framewire_gige_vision::{BlockId, Status};
use std::hint::black_box;
use std::time::Instant;

/// Datagrams as they lie behind each other in a receive buffer.
const SLOTS: usize = 512;
const SLOT_BYTES: usize = 1472;
const ROUNDS: usize = 20_000;

fn main() {
    for block in [BlockId::Bits16(7), BlockId::Bits64(7)] {
        let header = |packet| {
            let (status, flags) = (Status::Success, Flags::default());
            Header { status, flags, block, packet, format: Format::Payload }
        };
        let mut ring = Vec::with_capacity(SLOTS * SLOT_BYTES);
        for packet in 0..SLOTS {
            header(packet as u32).write(&mut ring).expect("a small id");
            ring.resize((packet + 1) * SLOT_BYTES, 0x55);
        }
        let parsed = measure(|| {
            for datagram in black_box(&ring).chunks_exact(SLOT_BYTES) {
                let (header, content) = Header::parse(datagram).expect("sound");
                black_box((header, Content::parse(header.format, content).expect("a payload")));
            }
        });
        let mut out = Vec::with_capacity(SLOTS * SLOT_BYTES);
        let written = measure(|| {
            out.clear();
            for packet in 0..SLOTS {
                black_box(header(packet as u32)).write(&mut out).expect("a small id");
            }
            black_box(&out);
        });
        println!("header of {} bytes: read {parsed:.1} ns, written {written:.1} ns", Header::bytes(block));
    }
}

/// Nanoseconds a packet of the fastest of ten runs.
fn measure(mut round: impl FnMut()) -> f64 {
    let run = |_| {
        let start = Instant::now();
        (0..ROUNDS / 10).for_each(|_| round());
        start.elapsed().as_secs_f64() * 1e9 / (ROUNDS / 10 * SLOTS) as f64
    };
    (0..10).map(run).fold(f64::INFINITY, f64::min)
}
