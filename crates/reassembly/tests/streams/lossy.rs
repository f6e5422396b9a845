//! Blocks that do not come whole, without resends: when they are given up, and how ids that are missing count.

use crate::camera::{options, short, Image, Receiver};
use framewire_gige_vision::BlockId;
use framewire_reassembly::Options;

fn packets(id: u16) -> Vec<Vec<u8>> {
    Image::new(short(id), 700).packets()
}

#[test]
fn a_block_is_given_up_once_the_next_one_has_come() {
    let mut receiver = Receiver::new(options());
    receiver.take_all(packets(1).iter().skip(1));
    for id in 2..9 {
        receiver.take_all(packets(id));
        receiver.now_us += 1_000;
    }
    // 70 packets and 7 ms later, though far from idle.
    receiver.take(&packets(9)[0]);
    assert_eq!(receiver.verdicts()[0], (short(1), vec![(0, 0)]));
    assert_eq!(receiver.stream.statistics().incomplete, 1);
    assert_eq!(receiver.stream.statistics().missing_packets, 1);
}

#[test]
fn a_block_is_given_up_though_the_stream_stops() {
    let mut receiver = Receiver::new(options());
    receiver.take_all(&packets(1)[..4]);
    receiver.wait(199_999);
    assert!(receiver.blocks().is_empty());
    receiver.wait(1);
    assert_eq!(receiver.verdicts(), [(short(1), vec![(4, 9)])]);
    assert_eq!(receiver.stream.due_us(), None);
}

#[test]
fn blocks_wait_for_those_before_them() {
    let mut receiver = Receiver::new(options());
    let first = packets(1);
    receiver.take_all(&first[..9]);
    receiver.take_all(packets(2));
    assert!(receiver.blocks().is_empty());
    receiver.take(&first[9]);
    assert_eq!(receiver.verdicts(), [(short(1), vec![]), (short(2), vec![])]);
}

#[test]
fn ids_that_are_left_out_count_as_skipped() {
    let mut receiver = Receiver::new(options());
    for id in [65_533, 65_534, 2, 5] {
        receiver.take_all(packets(id));
    }
    receiver.wait(200_000);
    let ids: Vec<_> = receiver.verdicts().iter().map(|(id, _)| id.value()).collect();
    assert_eq!(ids, [65_533, 65_534, 2, 5]);
    // 65535, 1, 3, 4: there is no id 0.
    assert_eq!(receiver.stream.statistics().skipped, 4);
    assert_eq!(receiver.stream.statistics().missing_packets, 0);
}

#[test]
fn a_long_gap_counts_once_it_is_confirmed() {
    let mut receiver = Receiver::new(options());
    receiver.take_all(packets(10));
    receiver.take_all(packets(1010));
    receiver.take_all(packets(1011));
    receiver.wait(200_000);
    assert_eq!(receiver.verdicts().len(), 3);
    assert_eq!(receiver.stream.statistics().skipped, 999);
}

#[test]
fn ids_that_begin_anew_are_taken_up_and_skip_nothing() {
    let long = |id| Image::new(BlockId::Bits64(id), 700).packets();
    let mut receiver = Receiver::new(options());
    receiver.take_all(packets(30_000));
    receiver.take_all(packets(1));
    // Not whole, but followed by another.
    receiver.take_all(&packets(20_000)[1..]);
    receiver.take_all(packets(20_001));
    receiver.take_all(long(1 << 40));
    receiver.take_all(long((1 << 40) + 1));
    receiver.wait(200_000);
    let verdicts = receiver.verdicts();
    let ids: Vec<_> = verdicts.iter().map(|(id, _)| id.value()).collect();
    assert_eq!(ids, [30_000, 1, 20_000, 20_001, 1 << 40, (1 << 40) + 1]);
    assert_eq!(verdicts[2].1, [(0, 0)]);
    assert_eq!(receiver.stream.statistics().skipped, 0);
    assert_eq!(receiver.stream.statistics().refused.total(), 0);
}

#[test]
fn incomplete_blocks_are_dropped_and_counted_where_nobody_wants_them() {
    let mut receiver = Receiver::new(Options { deliver_incomplete: false, buffers: 2, ..options() });
    for id in 1..20 {
        let packets = packets(id);
        receiver.take_all(if id % 2 == 0 { &packets } else { &packets[2..] });
        receiver.wait(200_000);
    }
    let ids: Vec<_> = receiver.verdicts().iter().map(|(id, _)| id.value()).collect();
    assert_eq!(ids, [2, 4]);
    let statistics = receiver.stream.statistics();
    assert_eq!((statistics.complete, statistics.incomplete, statistics.missing_packets), (2, 2, 4));
    assert_eq!(statistics.queue_full, 15);
}

#[test]
fn blocks_that_find_every_buffer_in_use_are_counted_once() {
    let mut receiver = Receiver::new(Options { buffers: 3, ..options() });
    (1..8).for_each(|id| receiver.take_all(packets(id)));
    assert_eq!(receiver.stream.statistics().queue_full, 4);
    assert_eq!(receiver.stream.statistics().late, 0);
    assert_eq!(receiver.blocks().len(), 3);
    receiver.take_all(packets(8));
    assert_eq!(receiver.verdicts(), [(short(8), vec![])]);
    assert_eq!(receiver.stream.statistics().skipped, 0);
}

#[test]
fn a_block_that_waits_for_packets_makes_room_for_new_ones() {
    let mut receiver = Receiver::new(Options { buffers: 2, deliver_incomplete: false, ..options() });
    for id in 1..6 {
        receiver.take_all(&packets(id)[1..]);
    }
    let last = packets(6);
    receiver.take_all(&last);
    assert_eq!(receiver.stream.statistics().queue_full, 0);
    assert_eq!(receiver.stream.statistics().incomplete, 4);
    receiver.wait(200_000);
    assert_eq!(receiver.verdicts(), [(short(6), vec![])]);
}

#[test]
fn the_end_gives_up_what_is_in_flight() {
    let mut receiver = Receiver::new(options());
    receiver.take_all(&packets(1)[..9]);
    receiver.take_all(&packets(2)[..5]);
    receiver.stream.end();
    assert_eq!(receiver.verdicts(), [(short(1), vec![(9, 9)]), (short(2), vec![(5, 9)])]);
    receiver.take(&packets(1)[9]);
    assert_eq!(receiver.stream.statistics().late, 1);
    assert_eq!(receiver.stream.in_flight(), 0);
}
