//! What a block is made of: sizes, capacities, heights, contradictions.

use crate::camera::{datagram, options, short, with_gaps, Image, Receiver, CAMERA, CAPACITY};
use framewire_gige_vision::gvsp::{Content, Leader, Trailer};
use framewire_gige_vision::BlockId;
use framewire_reassembly::{Options, Refusal};

fn payload(id: u16, packet: u32, data: &[u8]) -> Vec<u8> {
    datagram(short(id), packet, Content::Payload(data))
}

fn trailer(id: u16, packet: u32, height: u32) -> Vec<u8> {
    datagram(short(id), packet, Content::Trailer(Trailer { height }))
}

#[test]
fn images_of_every_size_come_whole() {
    let capacity = CAPACITY as u32;
    for bytes in [1, 2, capacity - 1, capacity, capacity + 1, 2 * capacity, 5 * capacity - 1, 16 * capacity] {
        for id in [short(1), short(65535), BlockId::Bits64(1), BlockId::Bits64(u64::MAX)] {
            let image = Image::new(id, bytes);
            let mut receiver = Receiver::new(options());
            receiver.take_all(image.packets());
            let blocks = receiver.blocks();
            assert_eq!(blocks.len(), 1, "{bytes} {id:?}");
            let (block, pixels) = &blocks[0];
            assert!(block.complete && block.id == id && block.leader == Some(image.leader()));
            assert_eq!(pixels, &image.pixels());
            assert_eq!(receiver.stream.statistics().refused.total(), 0);
        }
    }
}

#[test]
fn a_block_is_complete_with_its_last_packet_not_with_its_trailer() {
    let image = Image::new(short(3), 300);
    let packets = image.packets();
    for last in 0..packets.len() {
        let mut receiver = Receiver::new(options());
        receiver.take_all(packets.iter().enumerate().filter(|&(at, _)| at != last).map(|(_, packet)| packet));
        assert!(receiver.blocks().is_empty(), "{last}");
        receiver.take(&packets[last]);
        receiver.wait(200_000);
        let blocks = receiver.blocks();
        assert!(blocks[0].0.complete, "{last}");
        assert_eq!(blocks[0].1, image.pixels(), "{last}");
    }
}

#[test]
fn packets_in_reverse_make_the_same_block() {
    let image = Image::new(short(3), 700);
    let mut receiver = Receiver::new(options());
    receiver.take_all(image.packets().into_iter().rev());
    receiver.wait(200_000);
    assert_eq!(receiver.blocks()[0].1, image.pixels());
}

#[test]
fn a_trailer_that_states_no_height_leaves_it_to_the_leader() {
    let image = Image { height: 3, ..Image::new(short(1), 50) };
    let mut receiver = Receiver::new(options());
    let mut packets = image.packets();
    packets.pop();
    receiver.take_all(packets);
    receiver.take(&trailer(1, image.end(), 0));
    assert_eq!(receiver.blocks()[0].1, image.pixels());
}

#[test]
fn a_trailer_with_fewer_rows_makes_the_image_shorter() {
    // Of 12 rows of 50 bytes, 7 packets, 5 were sent: 250 bytes, 3 packets.
    let tall = Image { width: 50, height: 12, ..Image::new(short(1), 1) };
    let sent = tall.pixels()[..250].to_vec();
    let payloads = sent.chunks(CAPACITY).zip(1..).map(|(data, packet)| payload(1, packet, data));
    let packets: Vec<_> = std::iter::once(datagram(short(1), 0, Content::Leader(tall.leader())))
        .chain(payloads)
        .chain([trailer(1, 4, 5)])
        .collect();
    for order in [vec![0, 1, 2, 3, 4], vec![4, 3, 2, 1, 0], vec![3, 0, 4, 1, 2], vec![1, 2, 3, 4, 0]] {
        let mut receiver = Receiver::new(options());
        receiver.take_all(order.iter().map(|&packet: &usize| &packets[packet]));
        receiver.wait(200_000);
        let blocks = receiver.blocks();
        assert!(blocks[0].0.complete, "{order:?}");
        assert_eq!(blocks[0].1, sent, "{order:?}");
    }
    // Without the trailer nobody knows that the short packet is the last one.
    let mut receiver = Receiver::new(options());
    receiver.take_all(&packets[..4]);
    receiver.wait(200_000);
    assert_eq!(receiver.blocks()[0].0.missing, [(3, 8)]);
}

#[test]
fn a_device_that_fills_less_of_its_packets_is_learnt() {
    let mut receiver = Receiver::new(options());
    for id in 1..4 {
        let image = Image::new(short(id), 500);
        receiver.take_all(image.packets_of(70));
        let blocks = receiver.blocks();
        assert_eq!(blocks[0].0.packet_bytes, 70);
        assert_eq!(blocks[0].1, image.pixels());
    }
    // What was learnt holds for blocks without a leader.
    receiver.take_all(&Image::new(short(4), 500).packets_of(70)[1..]);
    receiver.wait(200_000);
    assert_eq!(receiver.verdicts(), [(short(4), vec![(0, 0)])]);
    assert_eq!(receiver.stream.statistics().refused.total(), 0);
}

#[test]
fn without_leaders_a_device_that_fills_less_is_not_misread() {
    let mut receiver = Receiver::new(options());
    receiver.take_all(&Image::new(short(1), 500).packets_of(70)[1..]);
    receiver.wait(200_000);
    assert!(!receiver.blocks()[0].0.complete);
    let image = Image::new(short(2), 500);
    receiver.take_all(image.packets_of(70));
    assert_eq!(receiver.blocks()[0].1, image.pixels());
}

#[test]
fn the_last_packet_may_be_padded() {
    let image = Image::new(short(1), 100);
    let mut packets = image.packets();
    packets[2].resize(8 + CAPACITY, 0xee);
    let mut receiver = Receiver::new(Options { block_bytes: 100, ..options() });
    receiver.take_all(&packets);
    assert_eq!(receiver.blocks()[0].1, image.pixels());
    // In a buffer of just that size, before its leader too.
    packets.rotate_left(1);
    packets.iter_mut().for_each(|packet| packet[3] = 2);
    receiver.take_all(&packets);
    assert_eq!(receiver.blocks()[0].1, image.pixels());
}

#[test]
fn what_is_missing_of_a_block_without_leader_is_learnt_from_others() {
    let mut receiver = Receiver::new(options());
    let packets = |id| Image::new(short(id), 700).packets();
    receiver.take_all(packets(1));
    // Neither leader nor the last payload nor the trailer.
    receiver.take_all(&packets(2)[1..6]);
    receiver.wait(200_000);
    assert_eq!(receiver.verdicts(), [(short(1), vec![]), (short(2), vec![(0, 0), (6, 9)])]);
    // In the first block nothing says so: at least one more packet is missing.
    let mut receiver = Receiver::new(options());
    receiver.take_all(&packets(1)[1..6]);
    receiver.wait(200_000);
    assert_eq!(receiver.verdicts(), [(short(1), vec![(0, 0), (6, 6)])]);
}

#[test]
fn an_image_buffer_shows_nothing_of_the_block_before() {
    let mut receiver = Receiver::new(Options { buffers: 2, ..options() });
    for id in 1..4 {
        receiver.take_all(Image::new(short(id), 700).packets());
        receiver.blocks();
    }
    let image = Image::new(short(4), 700);
    let packets = image.packets();
    receiver.take_all([&packets[0], &packets[2], &packets[5]]);
    receiver.wait(200_000);
    let (block, pixels) = &receiver.blocks()[0];
    assert_eq!(block.missing, [(1, 1), (3, 4), (6, 9)]);
    assert_eq!(pixels, &with_gaps(&image, &block.missing));
}

#[test]
fn what_contradicts_a_block_is_refused_and_counted() {
    let image = Image::new(short(1), 300);
    let packets = image.packets();
    let leader = |leader| datagram(short(1), 0, Content::Leader(leader));
    let wrong: [(&str, Refusal, Vec<u8>); 9] = [
        ("another leader", Refusal::Leader, leader(Leader { width: 299, ..image.leader() })),
        ("a leader that is not packet 0", Refusal::Leader, {
            datagram(short(1), 3, Content::Leader(image.leader()))
        }),
        ("a payload as packet 0", Refusal::PayloadId, payload(1, 0, &[1; CAPACITY])),
        ("a payload behind the end", Refusal::PayloadId, payload(1, 5, &[1; CAPACITY])),
        ("a payload far behind the end", Refusal::PayloadId, payload(1, 0xff_ffff, &[1; CAPACITY])),
        ("a payload too short", Refusal::PayloadSize, payload(1, 2, &[1; CAPACITY - 1])),
        ("a payload too long", Refusal::PayloadSize, payload(1, 2, &[1; CAPACITY + 1])),
        ("an empty payload", Refusal::PayloadSize, payload(1, 2, &[])),
        ("a trailer too early", Refusal::Trailer, trailer(1, 3, 1)),
    ];
    for (what, refusal, bytes) in wrong {
        let mut receiver = Receiver::new(options());
        receiver.take_all([&packets[0], &packets[1], &packets[3]]);
        receiver.take(&bytes);
        assert_eq!(receiver.stream.statistics().refused.of(refusal), 1, "{what}");
        assert_eq!(receiver.stream.statistics().refused.total(), 1, "{what}");
        receiver.take_all([&packets[2], &packets[4], &packets[5]]);
        receiver.wait(200_000);
        assert_eq!(receiver.blocks()[0].1, image.pixels(), "{what}");
    }
}

#[test]
fn a_packet_twice_is_counted_and_overwrites_nothing() {
    let image = Image::new(short(1), 300);
    let packets = image.packets();
    let mut receiver = Receiver::new(options());
    receiver.take_all(&packets[..4]);
    receiver.take_all(&packets[..3]);
    receiver.take(&payload(1, 1, &[0; CAPACITY]));
    receiver.take_all(&packets[4..]);
    receiver.take(&packets[5]);
    assert_eq!(receiver.blocks()[0].1, image.pixels());
    let statistics = receiver.stream.statistics();
    assert_eq!((statistics.duplicates, statistics.late), (4, 1));
}

#[test]
fn packets_of_others_and_those_that_were_cut_do_nothing() {
    let image = Image::new(short(1), 300);
    let mut receiver = Receiver::new(options());
    for packet in image.packets() {
        receiver.take_from([192, 168, 1, 21].into(), &packet, packet.len());
        receiver.take_from(CAMERA, &packet, packet.len() + 1);
    }
    receiver.wait(1_000_000);
    assert!(receiver.blocks().is_empty());
    let statistics = receiver.stream.statistics();
    assert_eq!((statistics.foreign, statistics.packets), (6, 6));
    assert_eq!(receiver.refused(), [("oversized".into(), 6)]);
}
