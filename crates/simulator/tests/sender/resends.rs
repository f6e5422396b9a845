use crate::camera::{drain, faulty, frames, options, place, started, PACKETS, STREAM};
use framewire_gige_vision::gvcp::Resend;
use framewire_gige_vision::gvsp::Header;
use framewire_gige_vision::{BlockId, Status};
use framewire_simulator::{Faults, Options, Resent};
use proptest::prelude::*;

fn asked(id: u16, first_packet: u32, last_packet: u32) -> Resend {
    Resend { stream_channel: 0, block: BlockId::Bits16(id), first_packet, last_packet }
}

proptest! {
    #[test]
    fn what_was_lost_is_sent_again_byte_for_byte(seed: u64, first in 0..PACKETS, more in 0..60u32) {
        let mut whole = started(options(), STREAM);
        let expected = frames(&mut whole, 3);
        let faults = Faults { loss: 0.3, ..Faults::default() };
        let mut sender = started(faulty(seed, faults), STREAM);
        frames(&mut sender, 3);
        let last = first + more;
        let resent = sender.resend(&asked(2, first, last));
        let end = (last + 1).min(PACKETS);
        prop_assert_eq!(resent, Resent { packets: end - first, premature: 0, unavailable: 0 });
        let again: Vec<_> = drain(&mut sender).into_iter().map(|(_, packet)| packet).collect();
        prop_assert_eq!(&again[..], &expected[(PACKETS + first) as usize..(PACKETS + end) as usize]);
        let missing = sender.records()[1].missing.clone();
        prop_assert!(missing.iter().all(|&(a, b)| b < first || a > last), "{:?}", missing);
    }
}

#[test]
fn what_was_not_sent_yet_is_not_sent_again_and_counted() {
    let faults = Faults { loss: 0.5, ..Faults::default() };
    let mut sender = started(faulty(2, faults), STREAM);
    sender.take(0);
    let mut packet = Vec::new();
    // The packet whose turn came last: those before it that were lost had their turns, too.
    let turn = (0..5).map(|_| {
        sender.next(&mut packet).expect("a packet");
        place(&packet).expect("a sound one").1
    });
    let turn = turn.last().expect("five");
    assert_eq!(
        sender.resend(&asked(1, 0, 0x00ff_ffff)),
        Resent { packets: turn + 1, premature: PACKETS - turn - 1, unavailable: 0 }
    );
    let next_frame = sender.resend(&asked(2, 0, 3));
    assert_eq!(next_frame, Resent { packets: 0, premature: 1, unavailable: 0 });
}

#[test]
fn what_is_gone_is_said_to_be_gone() {
    let mut sender = started(Options { ring_blocks: 2, ..options() }, STREAM);
    frames(&mut sender, 4);
    assert_eq!(sender.resend(&asked(2, 7, 9)), Resent { packets: 0, premature: 0, unavailable: 3 });
    let answers: Vec<_> = drain(&mut sender)
        .iter()
        .map(|(_, packet)| {
            Header::parse(packet).map(|(header, rest)| (header.status, header.packet, rest.len()))
        })
        .collect();
    assert_eq!(answers, [7, 8, 9].map(|packet| Ok((Status::PacketUnavailable, packet, 0))));
    assert_eq!(sender.resend(&asked(3, 7, 9)).packets, 3);
}

#[test]
fn packets_sent_again_say_so_where_that_is_wanted() {
    for (extended, resend_status) in [(false, false), (false, true), (true, false)] {
        let first_id = if extended { BlockId::Bits64(1) } else { BlockId::Bits16(1) };
        let mut sender = started(Options { first_id, resend_status, ..options() }, STREAM);
        frames(&mut sender, 1);
        sender.resend(&Resend { block: first_id, ..asked(1, 1, 1) });
        let packets = drain(&mut sender);
        let (header, _) = Header::parse(&packets[0].1).expect("a header");
        assert_eq!(header.is_resent(), extended || resend_status);
    }
}

#[test]
fn packets_sent_again_are_lost_again_as_often_as_said() {
    let faults = Faults { resend_loss: 0.25, ..Faults::default() };
    let mut sender = started(faulty(9, faults), STREAM);
    frames(&mut sender, 1);
    let asked_for = 400 * PACKETS;
    let sent: usize = (0..400)
        .map(|_| {
            sender.resend(&asked(1, 0, PACKETS - 1));
            drain(&mut sender).len()
        })
        .sum();
    let share = 1.0 - sent as f64 / f64::from(asked_for);
    // Five standard deviations of 16,800 draws.
    assert!((share - 0.25).abs() < 0.017, "{share}");
}

#[test]
fn wrong_answers_are_another_packet_whole_or_one_of_no_block_near() {
    let faults = Faults { resend_wrong: 1.0, ..Faults::default() };
    let mut sender = started(faulty(4, faults), STREAM);
    let expected = frames(&mut sender, 3);
    let (mut others, mut strangers) = (0, 0);
    for packet in 0..PACKETS {
        sender.resend(&asked(2, packet, packet));
        let answers = drain(&mut sender);
        assert_eq!(answers.len(), 1);
        let (id, number) = place(&answers[0].1).expect("a sound packet");
        if id == 2 {
            assert_ne!(number, packet);
            assert_eq!(answers[0].1, expected[(PACKETS + number) as usize]);
            others += 1;
        } else {
            assert_eq!(id, 2 ^ 0x4000);
            strangers += 1;
        }
    }
    assert!(others > 5 && strangers > 5, "{others} {strangers}");
}
