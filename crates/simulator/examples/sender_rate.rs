//! Packets a second of a camera that shows the pattern, and of a Telops camera:
//! `cargo run --release --example sender_rate`.

use framewire_gige_vision::{BlockId, PixelFormat};
use framewire_simulator::{Faults, Image, Options, Sender, Source, Stream};
use std::hint::black_box;
use std::time::Instant;

/// 320 x 256 usable pixels.
const IMAGE: Image =
    Image { width: 320, height: 258, offset_x: 0, offset_y: 0, pixel_format: PixelFormat::MONO_16 };
const FRAMES: u32 = 2000;
const RUNS: usize = 5;

fn main() {
    for packet_size in [1500, 9000] {
        for source in [Source::Pattern, Source::Telops] {
            let fastest = (0..RUNS).map(|_| rate(packet_size, source)).fold(0.0, f64::max);
            println!("packets of {packet_size} bytes, {source:?}: {fastest:.0} a second");
        }
    }
}

fn rate(packet_size: u16, source: Source) -> f64 {
    let mut sender = Sender::new(Options {
        seed: 1,
        ring_blocks: 64,
        record_frames: 100,
        faults: Faults::default(),
        hostile: None,
        resend_status: false,
        first_id: BlockId::Bits16(1),
        ids_go_on: false,
    });
    sender.start(Stream { image: IMAGE, packet_size, source }).expect("room for pixels");
    let (mut packet, mut packets) = (Vec::new(), 0u64);
    let started = Instant::now();
    for frame in 0..FRAMES {
        sender.take_headed(frame.into(), frame, &[7; 256]);
        while sender.next(&mut packet).is_some() {
            black_box(&packet);
            packets += 1;
        }
    }
    packets as f64 / started.elapsed().as_secs_f64()
}
