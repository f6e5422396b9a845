//! What is asked for again, when, how often and how much of it.

use crate::camera::{answer, options, short, Image, Receiver, RESEND};
use framewire_gige_vision::Status;
use framewire_reassembly::{Options, ResendPolicy};

fn packets(id: u16) -> Vec<Vec<u8>> {
    Image::new(short(id), 700).packets()
}

fn receiver(policy: ResendPolicy) -> Receiver {
    Receiver::new(Options { resend: Some(policy), ..options() })
}

#[test]
fn nothing_is_asked_for_that_may_not_have_been_sent() {
    let mut receiver = receiver(RESEND);
    receiver.take_all(&packets(1)[..4]);
    for _ in 0..199 {
        receiver.wait(1_000);
        assert_eq!(receiver.asked(), []);
    }
    // Idle for 200 ms: it must have been sent.
    receiver.wait(1_000);
    assert_eq!(receiver.asked(), [(short(1), 4, 9)]);
}

#[test]
fn a_gap_is_asked_for_after_a_while_again_and_again() {
    let mut receiver = receiver(ResendPolicy { attempts: 3, ..RESEND });
    let sent = packets(1);
    receiver.take_all([&sent[0], &sent[1], &sent[5]]);
    receiver.wait(999);
    assert_eq!(receiver.asked(), []);
    receiver.wait(1);
    for _ in 0..3 {
        assert_eq!(receiver.asked(), [(short(1), 2, 4)]);
        assert_eq!(receiver.asked(), []);
        receiver.wait(9_000);
        receiver.take(&sent[0]);
        receiver.wait(1_000);
    }
    assert_eq!(receiver.asked(), []);
    let statistics = receiver.stream.statistics();
    assert_eq!((statistics.resend_requests, statistics.resend_packets_asked), (3, 9));
    // It came late, but it came.
    receiver.take_all(&sent[2..5]);
    receiver.take_all(&sent[6..]);
    assert_eq!(receiver.verdicts(), [(short(1), vec![])]);
    let statistics = receiver.stream.statistics();
    assert_eq!((statistics.recovered, statistics.resend_packets), (1, 3));
}

#[test]
fn a_gap_waits_until_many_packets_came_behind_it_or_none_for_a_while() {
    let policy = ResendPolicy { silent_us: 50_000, ..RESEND };
    // The camera goes on: the 64th packet behind the gap shows that nothing was overtaken.
    let mut busy = receiver(policy);
    let later: Vec<_> = (2..8).flat_map(packets).collect();
    busy.take_all([&packets(1)[0], &packets(1)[2]]);
    for packet in &later[..4] {
        busy.wait(10_000);
        busy.take(packet);
        assert_eq!(busy.asked(), []);
    }
    busy.take_all(&later[4..59]);
    busy.wait(1_000);
    assert_eq!(busy.asked(), []);
    assert!(busy.stream.due_us() > Some(busy.now_us));
    // Packets missing at the end of the first block have waited less: it ended with the next one's first packet.
    busy.take_all(packets(9).into_iter().take(5));
    busy.wait(1_000);
    assert_eq!(busy.asked(), [(short(1), 1, 1)]);
    // Of packets that were taken in together, none is known to have come behind a gap that the last of them shows.
    let mut batch = receiver(ResendPolicy { first_us: 0, ..policy });
    batch.take_all((2..9).flat_map(packets));
    batch.take_all([&packets(9)[0], &packets(9)[2]]);
    assert_eq!(batch.asked(), []);
    // The camera is held up, or is done.
    let mut silent = receiver(policy);
    silent.take_all([&packets(1)[0], &packets(1)[2]]);
    silent.wait(49_999);
    assert_eq!(silent.asked(), []);
    assert_eq!(silent.stream.due_us(), Some(silent.now_us + 1));
    silent.wait(1);
    assert_eq!(silent.asked(), [(short(1), 1, 1)]);
}

#[test]
fn a_request_that_nothing_came_after_does_not_count() {
    let mut receiver = receiver(ResendPolicy { attempts: 2, ..RESEND });
    let sent = packets(1);
    receiver.take_all([&sent[0], &sent[2]]);
    receiver.wait(1_000);
    for _ in 0..10 {
        assert_eq!(receiver.asked(), [(short(1), 1, 1)]);
        receiver.wait(10_000);
    }
    // The camera goes on.
    receiver.take(&sent[3]);
    assert_eq!(receiver.asked(), [(short(1), 1, 1)]);
    receiver.wait(5_000);
    receiver.take(&sent[4]);
    receiver.wait(5_000);
    assert_eq!(receiver.asked(), []);
    receiver.take_all([&sent[1]]);
    receiver.take_all(&sent[5..]);
    assert_eq!(receiver.verdicts(), [(short(1), vec![])]);
}

#[test]
fn a_packet_that_was_only_overtaken_is_not_asked_for() {
    let mut receiver = receiver(RESEND);
    let mut sent = packets(1);
    sent.swap(2, 5);
    for packet in &sent {
        receiver.take(packet);
        receiver.now_us += 100;
        assert_eq!(receiver.asked(), []);
    }
    assert_eq!(receiver.verdicts(), [(short(1), vec![])]);
    assert_eq!(receiver.stream.statistics().recovered, 0);
}

#[test]
fn a_later_block_shows_that_the_end_of_one_was_sent() {
    let mut receiver = receiver(RESEND);
    receiver.take_all(&packets(1)[..7]);
    receiver.take(&packets(2)[0]);
    receiver.wait(1_000);
    assert_eq!(receiver.asked(), [(short(1), 7, 9)]);
}

#[test]
fn without_leader_the_end_is_asked_for_once_the_leader_has_come() {
    let mut receiver = receiver(RESEND);
    receiver.take_all(&packets(1)[1..7]);
    receiver.take(&packets(2)[0]);
    receiver.wait(1_000);
    assert_eq!(receiver.asked(), [(short(1), 0, 0)]);
    receiver.take(&packets(1)[0]);
    receiver.wait(1_000);
    assert_eq!(receiver.asked(), [(short(1), 7, 9)]);
}

#[test]
fn of_a_block_of_which_nothing_came_the_leader_is_asked_for() {
    let mut receiver = receiver(RESEND);
    receiver.take_all(packets(1));
    receiver.take_all(packets(3));
    receiver.wait(1_000);
    assert_eq!(receiver.asked(), [(short(2), 0, 0)]);
    receiver.take(&packets(2)[0]);
    receiver.wait(1_000);
    assert_eq!(receiver.asked(), [(short(2), 1, 9)]);
    receiver.take_all(&packets(2)[1..]);
    assert_eq!(receiver.verdicts().len(), 3);
    assert_eq!(receiver.stream.statistics().skipped, 0);
}

#[test]
fn a_block_that_the_camera_left_out_is_skipped_when_nothing_answers() {
    let mut receiver = receiver(ResendPolicy { attempts: 2, ..RESEND });
    receiver.take_all(packets(1));
    receiver.take_all(packets(3));
    let mut asked = 0;
    for _ in 0..30 {
        receiver.take(&packets(3)[0]);
        receiver.wait(1_000);
        asked += receiver.asked().len();
    }
    assert_eq!(asked, 2);
    assert_eq!(receiver.verdicts(), [(short(1), vec![]), (short(3), vec![])]);
    assert_eq!(receiver.stream.statistics().skipped, 1);
}

#[test]
fn what_the_camera_no_longer_has_is_not_asked_for_again() {
    let mut receiver = receiver(RESEND);
    let sent = packets(1);
    receiver.take_all([&sent[0], &sent[4], &sent[8]]);
    receiver.wait(1_000);
    assert_eq!(receiver.asked(), [(short(1), 1, 3), (short(1), 5, 7)]);
    // One that was not asked for means nothing.
    receiver.take(&answer(Status::PacketUnavailable, short(1), 9));
    receiver.take(&answer(Status::PacketUnavailable, short(1), 2));
    receiver.take(&answer(Status::PacketTemporarilyUnavailable, short(1), 3));
    receiver.wait(10_000);
    assert_eq!(receiver.asked(), [(short(1), 1, 1), (short(1), 3, 3), (short(1), 5, 7)]);
    receiver.take(&answer(Status::PacketAndPrevRemovedFromMemory, short(1), 6));
    receiver.wait(10_000);
    assert_eq!(receiver.asked(), [(short(1), 7, 7)]);
    assert_eq!(receiver.stream.statistics().unavailable, 5);
    assert_eq!(receiver.refused(), [("status".into(), 1)]);
    receiver.take_all([&sent[7], &sent[9]]);
    receiver.wait(1);
    assert_eq!(receiver.verdicts(), [(short(1), vec![(1, 3), (5, 6)])]);
}

#[test]
fn requests_have_a_ceiling() {
    let mut receiver = receiver(ResendPolicy { per_second: 100, attempts: 1000, again_us: 1_000, ..RESEND });
    let sent = packets(1);
    receiver.take_all([&sent[0], &sent[2], &sent[4], &sent[6]]);
    let mut asked = 0;
    for _ in 0..1_000 {
        receiver.now_us += 1_000;
        receiver.take(&sent[0]);
        asked += receiver.asked().len();
        if let Some(due_us) = receiver.stream.due_us() {
            assert!(due_us >= receiver.now_us);
        }
    }
    // What there is at once, and a second's.
    assert!((100..=111).contains(&asked), "{asked}");
}

#[test]
fn no_more_is_asked_for_at_once_than_there_is_room_for() {
    let mut receiver = receiver(RESEND);
    let (first, second) = (packets(1), packets(2));
    receiver.take_all([&first[0], &first[6], &first[8], &first[9], &second[0], &second[2]]);
    receiver.wait(1_000);
    assert_eq!(receiver.asked_at_once(0), []);
    assert_eq!(receiver.asked_at_once(3), [(short(1), 1, 3)]);
    // The rest of the range is due as it was, what was asked for is not.
    assert_eq!(receiver.asked_at_once(3), [(short(1), 4, 5), (short(1), 7, 7)]);
    assert_eq!(receiver.asked_at_once(3), [(short(2), 1, 1)]);
    receiver.take_all(&first[1..6]);
    receiver.wait(10_000);
    assert_eq!(receiver.asked_at_once(u32::MAX), [(short(1), 7, 7), (short(2), 1, 1)]);
    assert_eq!(receiver.stream.statistics().resend_packets_asked, 9);
    receiver.take(&first[7]);
    assert_eq!(receiver.verdicts(), [(short(1), vec![])]);
}

#[test]
fn an_answer_of_another_packet_or_block_is_taken_for_what_it_says() {
    let mut receiver = receiver(RESEND);
    let (first, second) = (packets(1), packets(2));
    receiver
        .take_all(first.iter().enumerate().filter(|(at, _)| ![3, 5].contains(at)).map(|(_, packet)| packet));
    receiver.take_all(second.iter().enumerate().filter(|&(at, _)| at != 3).map(|(_, packet)| packet));
    receiver.wait(1_000);
    assert_eq!(receiver.asked(), [(short(1), 3, 3), (short(1), 5, 5), (short(2), 3, 3)]);
    // In place of (1, 3) one that is there, and one of the other block.
    receiver.take_all([&first[4], &second[3], &first[5]]);
    receiver.wait(10_000);
    assert_eq!(receiver.asked(), [(short(1), 3, 3)]);
    receiver.take(&first[3]);
    let blocks = receiver.blocks();
    assert_eq!(blocks[0].1, Image::new(short(1), 700).pixels());
    assert_eq!(blocks[1].1, Image::new(short(2), 700).pixels());
    assert_eq!(receiver.stream.statistics().duplicates, 1);
}

#[test]
fn a_block_whose_requests_nobody_sends_is_given_up_all_the_same() {
    let mut receiver = receiver(RESEND);
    receiver.take_all(&packets(1)[..5]);
    receiver.wait(2_000_000);
    assert_eq!(receiver.verdicts(), [(short(1), vec![(5, 9)])]);
    assert_eq!(receiver.stream.due_us(), None);
}

/// Whether a packet is lost: one of so many by chance, and sixty-four in a row now and then.
struct Loss {
    state: u64,
    per_thousand: u64,
    burst: u32,
}

impl Loss {
    fn next(&mut self) -> bool {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = self.state >> 33;
        self.burst = match self.burst {
            0 if chance.is_multiple_of(5_000) => 64,
            left => left.saturating_sub(1),
        };
        self.burst > 0 || chance % 1000 < self.per_thousand
    }
}

#[test]
fn at_the_rate_of_a_link_every_block_becomes_whole() {
    for (seed, per_thousand) in [(1, 1), (2, 10), (3, 50), (4, 100), (5, 200)] {
        let mut loss = Loss { state: seed, per_thousand, burst: 0 };
        let bytes = 900 * crate::camera::CAPACITY as u32 - 10;
        let policy = ResendPolicy {
            first_us: 500,
            silent_us: 5_000,
            again_us: 4_000,
            attempts: 12,
            per_second: 30_000,
        };
        let mut receiver = Receiver::new(Options {
            resend: Some(policy),
            buffers: 16,
            block_bytes: bytes as usize,
            deliver_incomplete: false,
            ..options()
        });
        let images: Vec<_> = (1..40).map(|id| Image::new(short(id), bytes)).collect();
        let sent: Vec<_> = images.iter().map(Image::packets).collect();
        // Answers take a ms, behind what the camera sends meanwhile, and are lost like all others.
        let mut answers = std::collections::VecDeque::new();
        let mut whole = 0;
        let mut step = |receiver: &mut Receiver, packet: Option<&[u8]>, loss: &mut Loss| {
            receiver.now_us += 12;
            packet.into_iter().filter(|_| !loss.next()).for_each(|packet| receiver.take(packet));
            for (block, first, last) in receiver.asked() {
                let due_us = receiver.now_us + 1_000;
                answers.extend((first..=last).map(|packet| (due_us, block.value() as usize - 1, packet)));
            }
            while answers.front().is_some_and(|(due_us, ..)| *due_us <= receiver.now_us) {
                let Some((_, block, packet)) = answers.pop_front() else { break };
                if !loss.next() {
                    receiver.take(&sent[block][packet as usize]);
                }
            }
            for (block, pixels) in receiver.blocks() {
                assert_eq!(block.id, short(whole + 1), "{per_thousand}");
                assert!(pixels == images[usize::from(whole)].pixels(), "{per_thousand}");
                whole += 1;
            }
        };
        for packet in sent.iter().flatten() {
            step(&mut receiver, Some(packet), &mut loss);
        }
        for _ in 0..60_000 {
            step(&mut receiver, None, &mut loss);
            receiver.stream.advance(receiver.now_us);
        }
        let statistics = receiver.stream.statistics();
        assert_eq!(
            (whole, statistics.incomplete + statistics.queue_full),
            (39, 0),
            "{per_thousand} {statistics:?}"
        );
    }
}
