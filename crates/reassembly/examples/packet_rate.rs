//! Nanoseconds a packet of a stream takes, with its copy into the image, and what of that is the copy:
//! `cargo run --release --example packet_rate`.

use framewire_gige_vision::gvsp::{payload_capacity, Content, Flags, Format, Header, Leader, Trailer};
use framewire_gige_vision::{BlockId, PixelFormat, Status};
use framewire_reassembly::{Options, Packet, Reassembler, ResendPolicy};
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::Instant;

const CAMERA: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 20);
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 1024;
const BLOCKS: u16 = 200;
/// One of so many packets is lost.
const LOSS: usize = 100;

fn main() {
    for packet_size in [1500, 9000] {
        let datagrams = block(packet_size);
        let whole = measure(packet_size, &datagrams, usize::MAX);
        let lossy = measure(packet_size, &datagrams, LOSS);
        let copied = copy(packet_size, &datagrams);
        println!("packets of {packet_size} bytes: {whole:.1} ns, with loss {lossy:.1} ns, copy alone {copied:.1} ns");
    }
}

/// The datagrams of a block.
fn block(packet_size: u16) -> Vec<Vec<u8>> {
    let id = BlockId::Bits16(1);
    let leader = Leader {
        field_info: 0,
        timestamp: 1,
        pixel_format: PixelFormat::MONO_8,
        width: WIDTH,
        height: HEIGHT,
        offset_x: 0,
        offset_y: 0,
        padding_x: 0,
        padding_y: 0,
    };
    let pixels = vec![0x55; (WIDTH * HEIGHT) as usize];
    let payloads = pixels.chunks(payload_capacity(packet_size, id).into()).map(Content::Payload);
    let contents = std::iter::once(Content::Leader(leader)).chain(payloads);
    let contents = contents.chain([Content::Trailer(Trailer { height: HEIGHT })]);
    let datagram = |(packet, content): (usize, Content<'_>)| {
        let format: Format = content.format();
        let (status, flags, packet) = (Status::Success, Flags::default(), packet as u32);
        let mut datagram = Vec::new();
        Header { status, flags, block: id, packet, format }.write(&mut datagram).expect("a small id");
        content.write(&mut datagram);
        datagram
    };
    contents.enumerate().map(datagram).collect()
}

/// Nanoseconds a packet of the fastest of five runs, where one of so many is lost.
fn measure(packet_size: u16, datagrams: &[Vec<u8>], loss: usize) -> f64 {
    let mut datagrams = datagrams.to_vec();
    fastest(datagrams.len(), || {
        let resend = ResendPolicy {
            first_us: 1000,
            silent_us: 50_000,
            again_us: 10_000,
            attempts: 4,
            per_second: 10_000,
        };
        let options = Options {
            source: CAMERA,
            packet_size,
            block_bytes: (WIDTH * HEIGHT) as usize,
            buffers: 8,
            idle_us: 200_000,
            resend: Some(resend),
            deliver_incomplete: false,
        };
        let mut stream = Reassembler::new(options, &[]);
        let (mut now_us, mut sent) = (0, 0);
        for block in 1..=BLOCKS {
            for batch in datagrams.chunks_mut(100) {
                for datagram in batch {
                    sent += 1;
                    if sent % loss == 0 {
                        continue;
                    }
                    datagram[2..4].copy_from_slice(&block.to_be_bytes());
                    let (bytes, length) = (&datagram[..], datagram.len());
                    stream.receive(
                        &Packet { bytes, length, from: CAMERA, received_at_ns: now_us * 1000 },
                        now_us,
                    );
                }
                now_us += 1000;
                stream.advance(now_us);
                stream.resends(now_us, u32::MAX, |resend| black_box(resend).first_packet < u32::MAX);
            }
            while let Some(block) = stream.next_block() {
                stream.release(black_box(block).image);
            }
        }
        assert_eq!(stream.statistics().complete > 0, loss == usize::MAX);
    })
}

/// The payloads, copied to where they belong.
fn copy(packet_size: u16, datagrams: &[Vec<u8>]) -> f64 {
    let capacity = usize::from(payload_capacity(packet_size, BlockId::Bits16(1)));
    let mut images = vec![vec![0_u8; (WIDTH * HEIGHT) as usize + capacity]; 2];
    fastest(datagrams.len(), || {
        for block in 0..usize::from(BLOCKS) {
            for (packet, datagram) in datagrams[1..datagrams.len() - 1].iter().enumerate() {
                let data = &datagram[8..];
                images[block % 2][packet * capacity..][..data.len()].copy_from_slice(data);
            }
            black_box(&mut images);
        }
    })
}

fn fastest(packets: usize, mut run: impl FnMut()) -> f64 {
    let run = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e9 / (packets * usize::from(BLOCKS)) as f64
    };
    (0..5).map(run).fold(f64::INFINITY, f64::min)
}
