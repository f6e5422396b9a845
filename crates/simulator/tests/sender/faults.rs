use crate::camera::{drain, faulty, frames, options, place, started, PACKETS, STREAM};
use framewire_gige_vision::gvcp::Resend;
use framewire_gige_vision::BlockId;
use framewire_simulator::{Faults, Pattern, Record, Sender};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn listed(ranges: &[(u32, u32)]) -> BTreeSet<u32> {
    ranges.iter().flat_map(|&(first, last)| first..=last).collect()
}

fn any_faults() -> impl Strategy<Value = Faults> {
    let p = || prop_oneof![Just(0.0), 0.0..0.3f64];
    (p(), p(), p(), p(), 0.0..0.02f64, 1..80u32, 0..40u32, 0..9u64).prop_map(
        |(loss, duplicate, damage, alter, burst_rate, burst_packets, reorder_packets, skip_every)| Faults {
            loss,
            duplicate,
            damage,
            alter,
            burst_rate,
            burst_packets,
            reorder_packets,
            skip_every,
            ..Faults::default()
        },
    )
}

proptest! {
    #[test]
    fn the_record_says_exactly_what_was_sent(seed: u64, faults in any_faults()) {
        let mut sender = started(faulty(seed, faults), STREAM);
        let pattern = Pattern::new(&STREAM.image);
        let mut sound = BTreeMap::<u64, BTreeSet<u32>>::new();
        let mut altered = BTreeMap::<u64, BTreeSet<u32>>::new();
        for packet in frames(&mut sender, 20) {
            let Some((id, number)) = place(&packet) else { continue };
            if !(1..=20).contains(&id) || number >= PACKETS {
                continue;
            }
            let mut pixels = Vec::new();
            let is_payload = number > 0 && number + 1 < PACKETS;
            if is_payload {
                let from = (number as usize - 1) * 100;
                pattern.write(id - 1, from, from + 100, &mut pixels);
            }
            let seen = if is_payload && packet[8..] != pixels { &mut altered } else { &mut sound };
            seen.entry(id).or_default().insert(number);
        }
        let records = sender.records();
        prop_assert_eq!(records.len(), 20);
        for (number, record) in (0..).zip(&records) {
            prop_assert_eq!((record.number, record.id), (number, number + 1));
            let sound = sound.remove(&record.id).unwrap_or_default();
            if faults.skip_every > 0 && (number + 1) % faults.skip_every == 0 {
                let none = || vec![];
                let skipped = Record {
                    number,
                    id: number + 1,
                    packets: 0,
                    dropped: none(),
                    damaged: none(),
                    altered: none(),
                    missing: none(),
                };
                prop_assert_eq!((record, sound.len()), (&skipped, 0));
                continue;
            }
            prop_assert_eq!(record.packets, PACKETS);
            let missing: BTreeSet<_> = (0..PACKETS).filter(|packet| !sound.contains(packet)).collect();
            prop_assert_eq!(&listed(&record.missing), &missing);
            let (dropped, damaged) = (listed(&record.dropped), listed(&record.damaged));
            prop_assert!(dropped.is_subset(&missing));
            prop_assert!(dropped.is_disjoint(&damaged));
            prop_assert_eq!(&listed(&record.altered), &altered.remove(&record.id).unwrap_or_default());
        }
    }

    #[test]
    fn the_same_seed_means_the_same_packets_whatever_the_timing(
        seed: u64,
        faults in any_faults(),
        steps in prop::collection::vec((0..3u8, 0..200usize), 1..30),
    ) {
        let mut steady = started(faulty(seed, faults), STREAM);
        let expected = frames(&mut steady, 10);

        // Frames are taken at other times, packets are sent in other numbers at once, and some are asked for again.
        let mut sender = started(faulty(seed, faults), STREAM);
        let (mut sent, mut taken, mut packet) = (Vec::new(), 0, Vec::new());
        for (step, count) in steps {
            match step {
                0 if taken < 10 => {
                    sender.take(1000 * taken);
                    taken += 1;
                }
                _ => (0..count).for_each(|_| sent.extend(sender.next(&mut packet).map(|_| packet.clone()))),
            }
        }
        while taken < 10 {
            sender.take(1000 * taken);
            taken += 1;
        }
        sent.extend(drain(&mut sender).into_iter().map(|(_, packet)| packet));
        prop_assert_eq!(&sent, &expected);
        prop_assert_eq!(sender.records(), steady.records());
    }
}

#[test]
fn losses_come_as_often_as_they_should() {
    let faults = Faults { loss: 0.05, ..Faults::default() };
    let mut sender = started(faulty(11, faults), STREAM);
    let sent = frames(&mut sender, 1000).len() as f64;
    let share = 1.0 - sent / f64::from(1000 * PACKETS);
    // Five standard deviations of 42,000 draws.
    assert!((share - 0.05).abs() < 0.0055, "{share}");
}

#[test]
fn a_burst_takes_so_many_packets_in_a_row_across_frames() {
    let faults = Faults { burst_rate: 0.002, burst_packets: 64, ..Faults::default() };
    let mut sender = started(faulty(5, faults), STREAM);
    let sent: BTreeSet<_> = frames(&mut sender, 200).iter().filter_map(|packet| place(packet)).collect();
    let lost: Vec<bool> = (1..=200)
        .flat_map(|id| (0..PACKETS).map(move |packet| (id, packet)))
        .map(|place| !sent.contains(&place))
        .collect();
    // Bursts may follow each other at once, and the last one may go on beyond the end.
    let runs: Vec<usize> = lost.split(|lost| !lost).map(<[bool]>::len).filter(|&run| run > 0).collect();
    let (last, whole) = runs.split_last().expect("bursts");
    assert!(whole.len() > 3);
    assert!(whole.iter().all(|run| run % 64 == 0), "{runs:?}");
    assert!(last % 64 == 0 || lost.last() == Some(&true), "{runs:?}");
}

#[test]
fn packets_are_late_by_the_window_at_most() {
    let faults = Faults { reorder_packets: 8, ..Faults::default() };
    let mut sender = started(faulty(3, faults), STREAM);
    sender.take(0);
    let order: Vec<u32> =
        drain(&mut sender).iter().filter_map(|(_, packet)| place(packet)).map(|(_, packet)| packet).collect();
    assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), (0..PACKETS).collect());
    assert!(order.windows(2).any(|pair| pair[0] > pair[1]));
    for (place, &packet) in (0..).zip(&order) {
        assert!(i64::abs(place - i64::from(packet)) <= 8, "packet {packet} at {place}");
    }
}

#[test]
fn a_mute_camera_sends_nothing_even_again() {
    let faults = Faults { mute_after_frames: 2, ..Faults::default() };
    let mut sender = started(faulty(1, faults), STREAM);
    assert_eq!(frames(&mut sender, 5).len() as u32, 2 * PACKETS);
    let block = BlockId::Bits16(4);
    sender.resend(&Resend { stream_channel: 0, block, first_packet: 0, last_packet: PACKETS });
    assert_eq!(drain(&mut sender), []);
    assert_eq!(sender.records()[4].missing, [(0, PACKETS - 1)]);
}

#[test]
fn what_was_not_sent_when_the_session_ends_is_missing() {
    let mut sender = started(options(), STREAM);
    sender.take(0);
    sender.take(1);
    let mut packet = Vec::new();
    for _ in 0..5 {
        sender.next(&mut packet).expect("a packet");
    }
    sender.stop();
    assert_eq!(drain(&mut sender), []);
    let missing: Vec<_> = sender.records().into_iter().map(|record| record.missing).collect();
    assert_eq!(missing, [vec![(5, PACKETS - 1)], vec![(0, PACKETS - 1)]]);
}

#[test]
fn records_are_kept_up_to_a_number() {
    let mut sender =
        Sender::new(framewire_simulator::Options { ring_blocks: 2, record_frames: 3, ..options() });
    assert_eq!(sender.start(STREAM), Ok(()));
    frames(&mut sender, 10);
    let numbers: Vec<_> = sender.records().iter().map(|record| record.number).collect();
    assert_eq!(numbers, [5, 6, 7, 8, 9]);
}
