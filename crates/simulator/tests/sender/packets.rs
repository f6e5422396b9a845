use crate::camera::{drain, image, options, started};
use framewire_gige_vision::gvsp::{Content, Header, Leader};
use framewire_gige_vision::{BlockId, PixelFormat, Status};
use framewire_simulator::{Image, Options, Origin, Pattern, Source, Stream, Unsendable};
use proptest::prelude::*;

/// The image that sound packets, in order, bring, as a host would put it together.
fn assembled(packets: &[(Origin, Vec<u8>)], id: BlockId, packet_size: u16) -> (Leader, Vec<u8>, u32) {
    let (mut leader, mut pixels, mut height) = (None, Vec::new(), None);
    for (expected, (origin, packet)) in (0..).zip(packets) {
        // A leader is as long as it is: 28 bytes of IP and UDP, 20 of an extended header, 36 of its own.
        assert!(packet.len() + 28 <= usize::from(packet_size).max(84));
        assert_eq!(*origin, Origin::Camera);
        let (header, content) = Header::parse(packet).expect("a header");
        assert_eq!((header.status, header.block, header.packet), (Status::Success, id, expected));
        match Content::parse(header.format, content).expect("content") {
            Content::Leader(content) => assert!(leader.replace(content).is_none()),
            Content::Payload(content) => pixels.extend_from_slice(content),
            Content::Trailer(content) => height = Some((header.packet, content.height)),
        }
    }
    let (trailer, height) = height.expect("a trailer");
    assert_eq!(trailer as usize + 1, packets.len());
    (leader.expect("a leader"), pixels, height)
}

proptest! {
    #[test]
    fn frames_come_whole_in_packets_of_any_size(
        width in 1..200u32,
        height in 1..60u32,
        packet_size in 49..2000u16,
        extended: bool,
        first in 1..=u16::MAX,
        timestamp: u64,
    ) {
        let first_id = if extended { BlockId::Bits64(first.into()) } else { BlockId::Bits16(first) };
        let image = image(width, height);
        let stream = Stream { image, packet_size, source: Source::Pattern };
        let mut sender = started(Options { first_id, ..options() }, stream);
        let mut id = first_id;
        for number in 0..2 {
            prop_assert_eq!(sender.take(timestamp), number);
            let (leader, pixels, rows) = assembled(&drain(&mut sender), id, packet_size);
            prop_assert_eq!((leader.timestamp, leader.width, leader.height), (timestamp, width, height));
            prop_assert_eq!((leader.offset_x, leader.offset_y), (image.offset_x, image.offset_y));
            prop_assert_eq!(leader.pixel_format, image.pixel_format);
            prop_assert_eq!(rows, height);
            let mut expected = Vec::new();
            Pattern::new(&image).write(number, 0, image.bytes(), &mut expected);
            prop_assert_eq!(pixels, expected);
            id = id.next();
        }
    }
}

#[test]
fn a_recording_is_sent_as_it_was_given() {
    let image = Image { pixel_format: PixelFormat::MONO_16, ..image(10, 4) };
    let mut sender = started(options(), Stream { image, packet_size: 60, source: Source::Recorded });
    for frame in 0..3u8 {
        let given: Vec<u8> = (0..80).map(|at| at ^ frame).collect();
        sender.pixels().copy_from_slice(&given);
        sender.take(0);
        let (_, pixels, _) = assembled(&drain(&mut sender), BlockId::Bits16(u16::from(frame) + 1), 60);
        assert_eq!(pixels, given);
    }
}

#[test]
fn numbers_go_on_and_ids_begin_anew_in_the_next_session_unless_told_otherwise() {
    for ids_go_on in [false, true] {
        let stream = Stream { image: image(4, 4), packet_size: 1500, source: Source::Pattern };
        let mut sender =
            started(Options { ids_go_on, first_id: BlockId::Bits16(u16::MAX), ..options() }, stream);
        sender.take(0);
        drain(&mut sender);
        assert_eq!(sender.start(stream), Ok(()));
        assert_eq!(sender.take(0), 1);
        let packets = drain(&mut sender);
        let (header, _) = Header::parse(&packets[0].1).expect("a header");
        assert_eq!(header.block, BlockId::Bits16(if ids_go_on { 1 } else { u16::MAX }));
    }
}

#[test]
fn packets_without_room_for_pixels_are_refused() {
    let mut sender = framewire_simulator::Sender::new(options());
    let stream = Stream { image: image(4, 4), packet_size: 36, source: Source::Pattern };
    assert_eq!(sender.start(stream), Err(Unsendable::PacketSize(36)));
    sender.take(0);
    assert_eq!(drain(&mut sender), []);
}

#[test]
fn images_without_pixels_or_beyond_memory_are_refused() {
    let sizes = [(0, 4), (4, 0), (40_000, 40_000), (1 << 16, 1 << 16), (u32::MAX, u32::MAX)];
    for (width, height) in sizes {
        let mut sender = framewire_simulator::Sender::new(options());
        let image = Image { pixel_format: PixelFormat::MONO_16, ..image(width, height) };
        let started = sender.start(Stream { image, packet_size: 1500, source: Source::Recorded });
        assert!(matches!(started, Err(Unsendable::Image(_))), "{width} x {height}: {started:?}");
        sender.take(0);
        assert_eq!(drain(&mut sender), []);
    }
}
