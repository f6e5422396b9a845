//! Cameras that lie: whatever comes, memory is bounded, sound blocks come whole, and what was wrong is counted.

use crate::camera::{answer, datagram, options, short, Image, Receiver, CAPACITY, RESEND};
use framewire_gige_vision::gvsp::{Content, Leader, Trailer};
use framewire_gige_vision::{BlockId, PixelFormat, Status};
use framewire_reassembly::Options;

/// What a hostile camera sends before a sound block, and between the packets of it; what is counted for it.
pub struct Behaviour {
    pub what: &'static str,
    pub packets: Vec<Vec<u8>>,
    pub counted: &'static str,
}

const SOUND: u16 = 100;

fn leader(id: u16, change: impl Fn(&mut Leader)) -> Vec<u8> {
    let mut leader = Image::new(short(id), 500).leader();
    change(&mut leader);
    datagram(short(id), 0, Content::Leader(leader))
}

fn payload(id: u16, packet: u32, length: usize) -> Vec<u8> {
    datagram(short(id), packet, Content::Payload(&vec![0xbb; length]))
}

fn trailer(id: u16, packet: u32) -> Vec<u8> {
    datagram(short(id), packet, Content::Trailer(Trailer { height: 1 }))
}

/// The packet with another format, or its content with another payload type.
fn formatted(mut packet: Vec<u8>, format: u8, payload_type: Option<u16>) -> Vec<u8> {
    packet[4] = format;
    if let Some(payload_type) = payload_type {
        packet[10..12].copy_from_slice(&payload_type.to_be_bytes());
    }
    packet
}

pub fn behaviours() -> Vec<Behaviour> {
    let b = |what, counted, packets| Behaviour { what, packets, counted };
    let far = |n: u64| short((SOUND as u64 + 5_000 + n * 7_919 % 40_000) as u16);
    vec![
        b("zero length", "cut", vec![Vec::new(); 50]),
        b("headers cut", "cut", (1..8).map(|length| payload(SOUND, 1, 0)[..length].to_vec()).collect()),
        b("leaders cut", "cut", (8..44).map(|length| leader(SOUND - 1, |_| ())[..length].to_vec()).collect()),
        b("block id 0", "block id 0", (0..9).map(|packet| payload(0, packet, CAPACITY)).collect()),
        b(
            "4 GB claimed",
            "large image",
            vec![leader(SOUND - 1, |leader| {
                (leader.width, leader.height) = (65_536, 65_536);
            })],
        ),
        b(
            "more than a u64 claimed",
            "large image",
            vec![leader(SOUND - 1, |leader| {
                (leader.width, leader.height, leader.pixel_format) =
                    (u32::MAX, u32::MAX, PixelFormat(u32::MAX));
            })],
        ),
        b("no pixels", "empty image", vec![leader(SOUND - 1, |leader| leader.width = 0)]),
        b(
            "no bits in a pixel",
            "empty image",
            vec![leader(SOUND - 1, |leader| {
                leader.pixel_format = PixelFormat(0);
            })],
        ),
        b(
            "chunk data",
            "payload type IMAGE with chunk data",
            vec![formatted(leader(SOUND - 1, |_| ()), 1, Some(0x4001))],
        ),
        b("multi-part", "payload type MULTI-PART", vec![formatted(leader(SOUND - 1, |_| ()), 1, Some(10))]),
        b(
            "a type of its own",
            "payload type unknown",
            vec![formatted(leader(SOUND - 1, |_| ()), 1, Some(0x8000))],
        ),
        b("all in one", "format ALLIN", vec![formatted(payload(SOUND, 1, CAPACITY), 4, None); 3]),
        b(
            "formats there are not",
            "format unknown",
            (9..16).chain([0]).map(|format| formatted(payload(SOUND, 1, CAPACITY), format, None)).collect(),
        ),
        b(
            "leaders of one block that differ",
            "leader",
            (0..50).map(|width| leader(SOUND - 1, |leader| leader.width = 500 - width)).collect(),
        ),
        b("trailers all over a block", "trailer", (2..60).map(|packet| trailer(SOUND - 1, packet)).collect()),
        b(
            "sizes that change within a block",
            "payload size",
            (1..7).map(|packet| payload(SOUND - 1, packet, 90 - packet as usize)).collect(),
        ),
        b("packets larger than the stream's", "payload size", vec![payload(SOUND - 1, 1, 400); 9]),
        b(
            "packet ids up to the largest",
            "payload id",
            (0..24).map(|bit| payload(SOUND - 1, (1 << bit) + 20, CAPACITY)).collect(),
        ),
        b(
            "ids of a far future",
            "far block id",
            (0..500).map(|n| datagram(far(n), 1, Content::Payload(&[1; CAPACITY]))).collect(),
        ),
        b(
            "ids of another width",
            "far block id",
            (1..500)
                .map(|n| datagram(BlockId::Bits64(n << 32), 1, Content::Payload(&[1; CAPACITY - 12])))
                .collect(),
        ),
        b(
            "trailers of another type in a sound block",
            "payload type CHUNK DATA",
            vec![formatted(trailer(SOUND, 7), 2, Some(4)), formatted(trailer(SOUND, 3), 2, Some(4))],
        ),
        b(
            "failures without a question",
            "status",
            (0..99)
                .map(|packet| answer(Status::PacketAndPrevRemovedFromMemory, short(SOUND), packet))
                .collect(),
        ),
    ]
}

#[test]
fn sound_blocks_come_whole_among_lies() {
    let behaviours = behaviours();
    assert!(behaviours.len() >= 20);
    for Behaviour { what, packets, counted } in behaviours {
        for resend in [None, Some(RESEND)] {
            let mut receiver = Receiver::new(Options { resend, ..options() });
            let first = Image::new(short(SOUND - 2), 500);
            receiver.take_all(first.packets());
            let sound = Image::new(short(SOUND), 500);
            receiver.take_all(&packets);
            // Those that are no lies about this block may come in the midst of it.
            for packet in sound.packets() {
                receiver.take(&packet);
                packets.iter().take(3).for_each(|lie| receiver.take(lie));
                drop(receiver.asked());
            }
            for _ in 0..20 {
                receiver.wait(100_000);
                drop(receiver.asked());
            }
            let blocks = receiver.blocks();
            let whole: Vec<_> = blocks.iter().filter(|(block, _)| block.complete).collect();
            assert_eq!(whole.len(), 2, "{what}");
            assert_eq!((whole[0].1.clone(), whole[1].1.clone()), (first.pixels(), sound.pixels()), "{what}");
            let refused = receiver.refused();
            assert!(
                refused.iter().any(|(reason, count)| reason == counted && *count > 0),
                "{what}: {refused:?}"
            );
            assert_eq!(receiver.stream.in_flight(), 0, "{what}");
            assert!(receiver.stream.statistics().skipped <= 1, "{what}");
        }
    }
}

#[test]
fn a_flood_of_blocks_takes_no_more_than_the_buffers() {
    for step in [1, 2, 63, 64, 65, 4_000] {
        let mut receiver = Receiver::new(Options { resend: Some(RESEND), ..options() });
        let mut id = 1_u64;
        for _ in 0..3_000 {
            id += step;
            receiver.take(&datagram(BlockId::Bits64(id), 1, Content::Payload(&[1; CAPACITY - 12])));
            receiver.now_us += 1;
            drop(receiver.asked());
        }
        receiver.wait(3_000_000);
        receiver.wait(3_000_000);
        let statistics = receiver.stream.statistics();
        let counted = statistics.incomplete + statistics.queue_full + statistics.refused.total();
        assert_eq!(counted, 3_000, "{step}: {statistics:?}");
        assert!(receiver.blocks().len() <= 8);
    }
}

#[test]
fn every_other_packet_of_a_large_block_is_a_gap_at_most() {
    let bytes = 60_000 * CAPACITY as u32;
    let mut receiver =
        Receiver::new(Options { resend: Some(RESEND), block_bytes: bytes as usize, buffers: 2, ..options() });
    let image = Image::new(short(1), bytes);
    receiver.take(&datagram(image.id, 0, Content::Leader(image.leader())));
    for packet in (2..60_000).step_by(2) {
        receiver.take(&payload(1, packet, CAPACITY));
    }
    let mut asked = 0;
    for _ in 0..40 {
        receiver.wait(10_000);
        asked += receiver.asked().len();
    }
    // By the ceiling: 100 000 a second.
    assert!((10_000..50_000).contains(&asked), "{asked}");
    receiver.wait(2_000_000);
    assert_eq!(receiver.stream.statistics().incomplete, 1);
}

#[test]
fn one_id_for_all_blocks_is_told_apart_by_their_leaders() {
    let mut receiver = Receiver::new(Options { buffers: 32, ..options() });
    for timestamp in 1..20 {
        let image = Image { timestamp, ..Image::new(short(7), 500) };
        receiver.take_all(image.packets());
    }
    let blocks = receiver.blocks();
    assert_eq!(blocks.len(), 19);
    for ((_, pixels), timestamp) in blocks.iter().zip(1..) {
        assert_eq!(pixels, &Image { timestamp, ..Image::new(short(7), 500) }.pixels());
    }
}

#[test]
fn the_first_packet_may_be_the_lie() {
    for id in [1, 50, 99, 150, 200, 30_000, 65_535] {
        let mut receiver = Receiver::new(options());
        receiver.take(&payload(id, 3, CAPACITY));
        for id in 100..110 {
            receiver.take_all(Image::new(short(id), 500).packets());
        }
        receiver.wait(1_000_000);
        let whole = receiver.blocks().iter().filter(|(block, _)| block.complete).count();
        assert!(whole >= 7, "{id}: {whole}");
    }
}
