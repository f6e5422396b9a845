use crate::camera::{drain, faulty, options, started};
use framewire_gige_vision::gvcp::Resend;
use framewire_gige_vision::gvsp::{Content, Header};
use framewire_gige_vision::{BlockId, PixelFormat};
use framewire_simulator::{Faults, Image, Pattern, Sender, Source, Stream, TelopsPattern};
use proptest::prelude::*;

/// Images of so many usable rows.
fn image(width: u32, usable: u32) -> Image {
    Image { width, height: usable + 2, offset_x: 0, offset_y: 0, pixel_format: PixelFormat::MONO_16 }
}

/// An image by the words of the documentation: header, zeros, counts.
fn expected(image: &Image, frame_id: u32, header: &[u8]) -> Vec<u8> {
    let row_bytes = 2 * image.width as usize;
    let rows = header.iter().copied().chain(std::iter::repeat(0)).take(2 * row_bytes);
    let usable = Image { height: image.height - 2, ..*image };
    let mut words = Vec::new();
    Pattern::new(&usable).write(frame_id.into(), 0, usable.bytes(), &mut words);
    let halves = words.chunks_exact(2).map(|half| u16::from_le_bytes([half[0], half[1]]));
    rows.chain(halves.flat_map(|half| (24_576 + half % 4096).to_le_bytes())).collect()
}

fn take(sender: &mut Sender, frame_id: u32) -> u64 {
    sender.take_headed(1000, frame_id, &header(frame_id))
}

fn header(frame_id: u32) -> Vec<u8> {
    (0..256u32).map(|at| (at * 7 + frame_id) as u8).collect()
}

/// Block id and pixels of the frames whose packets these are, in order and complete.
fn assembled(packets: &[Vec<u8>]) -> Vec<(u64, Vec<u8>)> {
    let mut frames: Vec<(u64, Vec<u8>)> = Vec::new();
    for packet in packets {
        let (header, content) = Header::parse(packet).expect("a header");
        match (Content::parse(header.format, content).expect("content"), frames.last_mut()) {
            (Content::Leader(_), _) => frames.push((header.block.value(), Vec::new())),
            (Content::Payload(pixels), Some((_, image))) => image.extend_from_slice(pixels),
            _ => {}
        }
    }
    frames
}

fn packets(sender: &mut Sender) -> Vec<Vec<u8>> {
    drain(sender).into_iter().map(|(_, packet)| packet).collect()
}

proptest! {
    #[test]
    fn any_part_of_any_image_is_header_zeros_and_counts(
        (width, usable) in (1..70u32, 0..20u32),
        frame_id: u32,
        header in prop::collection::vec(any::<u8>(), 0..300),
        (from, length) in (0..3000usize, 0..3000usize),
    ) {
        let image = image(width, usable);
        let whole = expected(&image, frame_id, &header);
        let mut part = vec![7];
        TelopsPattern::new(&image).write(frame_id, &header, from, from + length, &mut part);
        let to = (from + length).min(whole.len());
        prop_assert_eq!(&part[1..], whole.get(from..to).unwrap_or_default());
    }

    #[test]
    fn images_too_low_for_a_header_have_as_much_of_it_as_there_is_room(height in 0..3u32, from in 0..20usize) {
        let image = Image { height, ..image(4, 0) };
        let mut part = Vec::new();
        TelopsPattern::new(&image).write(1, &[9; 100], from, usize::MAX, &mut part);
        prop_assert_eq!(part, vec![9; image.bytes().saturating_sub(from)]);
    }

    #[test]
    fn frames_of_any_ids_come_whole_under_block_ids_that_count_them(
        packet_size in 100..2000u16,
        ids in prop::collection::vec(any::<u32>(), 1..5),
    ) {
        let image = image(64, 12);
        let mut sender = started(options(), Stream { image, packet_size, source: Source::Telops });
        for (number, &id) in (0..).zip(&ids) {
            prop_assert_eq!(take(&mut sender, id), number);
        }
        let frames = assembled(&packets(&mut sender));
        let wanted: Vec<_> = (1..).zip(&ids).map(|(k, &id)| (k, expected(&image, id, &header(id)))).collect();
        prop_assert_eq!(frames, wanted);
    }

    #[test]
    fn what_was_lost_is_sent_again_byte_for_byte(seed: u64, frame_id: u32) {
        let stream = Stream { image: image(64, 12), packet_size: 200, source: Source::Telops };
        let mut whole = started(options(), stream);
        take(&mut whole, frame_id);
        let sound = packets(&mut whole);
        let faults = Faults { loss: 0.3, ..Faults::default() };
        let mut sender = started(faulty(seed, faults), stream);
        take(&mut sender, frame_id);
        packets(&mut sender);
        let (block, last_packet) = (BlockId::Bits16(1), sound.len() as u32 - 1);
        sender.resend(&Resend { stream_channel: 0, block, first_packet: 0, last_packet });
        prop_assert_eq!(packets(&mut sender), sound);
        prop_assert_eq!(sender.records()[0].missing.len(), 0);
    }
}

#[test]
fn a_frame_that_is_left_out_takes_its_block_id_with_it() {
    let faults = Faults { skip_every: 2, ..Faults::default() };
    let stream = Stream { image: image(64, 4), packet_size: 1500, source: Source::Telops };
    let mut sender = started(faulty(1, faults), stream);
    for id in [70, 71, 72] {
        take(&mut sender, id);
    }
    let frames = assembled(&packets(&mut sender));
    let wanted = [(1, 70), (3, 72)].map(|(k, id)| (k, expected(&stream.image, id, &header(id))));
    assert_eq!(frames, wanted);
}
