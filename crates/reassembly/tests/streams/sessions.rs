//! Packets of the session before, which come late.

use crate::camera::{options, short, Image, Receiver};
use framewire_reassembly::Options;

const BYTES: u32 = 700;

fn image(id: u16, timestamp: u64) -> Image {
    Image { timestamp, ..Image::new(short(id), BYTES) }
}

/// A session of blocks 1 to 5, of which the last one is not whole.
fn first_session() -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut receiver = Receiver::new(options());
    (1..5).for_each(|id| receiver.take_all(image(id, id.into()).packets()));
    let mut last = image(5, 5).packets();
    let late = last.split_off(3);
    receiver.take_all(last);
    (receiver.stream.end(), late)
}

#[test]
fn late_packets_are_none_of_a_session_whose_ids_go_on() {
    let (end, late) = first_session();
    let mut receiver = Receiver::after(options(), &end);
    receiver.take(&late[0]);
    receiver.take(&image(6, 6).packets()[0]);
    receiver.take_all(&late[1..]);
    receiver.take_all(&image(6, 6).packets()[1..]);
    assert_eq!(receiver.verdicts(), [(short(6), vec![])]);
    assert_eq!(receiver.stream.statistics().late, late.len() as u64);
}

#[test]
fn late_packets_are_none_of_a_session_that_begins_at_1_again() {
    let (end, late) = first_session();
    let mut receiver = Receiver::after(options(), &end);
    // A leader that was under way too.
    receiver.take(&image(5, 5).packets()[0]);
    receiver.take_all(&late);
    for id in 1..8 {
        receiver.take_all(image(id, 1000 + u64::from(id)).packets());
    }
    let blocks = receiver.blocks();
    assert_eq!(blocks.len(), 7);
    for ((block, pixels), id) in blocks.iter().zip(1..) {
        assert_eq!(block.id, short(id));
        assert_eq!(pixels, &image(id, 1000 + u64::from(id)).pixels());
    }
    assert_eq!(receiver.stream.statistics().late, 1 + late.len() as u64);
}

#[test]
fn a_session_may_begin_at_the_very_id_that_the_last_one_ended_with() {
    let (end, late) = first_session();
    let mut receiver = Receiver::after(options(), &end);
    receiver.take_all(&late);
    let again = image(5, 77);
    receiver.take_all(again.packets());
    let blocks = receiver.blocks();
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].1, again.pixels());
    // Its leader may be lost once one that came has shown that the ids are this session's.
    receiver.take_all(&image(6, 78).packets()[1..]);
    receiver.wait(200_000);
    assert_eq!(receiver.verdicts(), [(short(6), vec![(0, 0)])]);
}

#[test]
fn a_block_that_no_other_confirmed_before_the_end_is_remembered_too() {
    let mut receiver = Receiver::new(options());
    receiver.take_all(image(1, 1).packets());
    let mut far = image(30_000, 2).packets();
    let late = far.split_off(3);
    receiver.take_all(far);
    let end = receiver.stream.end();
    let mut receiver = Receiver::after(options(), &end);
    receiver.take_all(&late);
    let again = image(30_000, 77);
    receiver.take_all(again.packets());
    assert_eq!(receiver.stream.statistics().late, late.len() as u64);
    let blocks = receiver.blocks();
    assert_eq!(blocks.len(), 1);
    assert!(blocks[0].0.complete);
    assert_eq!(blocks[0].1, again.pixels());
}

#[test]
fn a_camera_without_a_clock_begins_with_its_first_leader() {
    let mut receiver = Receiver::new(options());
    receiver.take_all(image(1, 0).packets());
    let end = receiver.stream.end();
    let mut receiver = Receiver::after(options(), &end);
    receiver.take(&image(1, 0).packets()[4]);
    assert_eq!(receiver.stream.statistics().late, 1);
    receiver.take_all(image(1, 0).packets());
    assert_eq!(receiver.verdicts(), [(short(1), vec![])]);
}

#[test]
fn within_a_session_a_camera_may_begin_anew_at_an_id_that_was_there() {
    let mut receiver = Receiver::new(Options { buffers: 16, ..options() });
    for round in 0..3 {
        for id in 1..6 {
            receiver.take_all(image(id, 1000 * round + u64::from(id)).packets());
        }
    }
    receiver.wait(200_000);
    assert_eq!(receiver.blocks().iter().filter(|(block, _)| block.complete).count(), 15);
}

#[test]
fn two_sessions_ago_is_remembered_where_the_last_one_was_empty() {
    let (end, late) = first_session();
    let end = Receiver::after(options(), &end).stream.end();
    let mut receiver = Receiver::after(options(), &end);
    receiver.take_all(&late);
    assert_eq!(receiver.stream.statistics().late, late.len() as u64);
}

#[test]
fn what_is_no_end_of_a_session_is_ignored() {
    for end in [&[][..], &[1, 2, 3], &[9; 18], &[1; 18]] {
        let mut receiver = Receiver::after(options(), end);
        receiver.take_all(image(1, 1).packets());
        assert_eq!(receiver.verdicts(), [(short(1), vec![])]);
    }
}
