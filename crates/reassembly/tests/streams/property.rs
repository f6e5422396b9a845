//! Streams with faults from a seed, against what the camera knows of them.

use crate::camera::{options, short, with_gaps, Image, Receiver, CAPACITY, RESEND};
use framewire_gige_vision::BlockId;
use framewire_reassembly::{Options, ResendPolicy};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

/// More cases where `npm run test:soak` asks for them.
fn cases() -> u32 {
    if std::env::var_os("FRAMEWIRE_SOAK").is_some() {
        10_000
    } else {
        400
    }
}

/// A stream, and what happens to its packets.
#[derive(Clone, Debug)]
struct Plan {
    first: BlockId,
    blocks: u16,
    bytes: u32,
    /// For each packet, as long as there is one: lost, how far it is held back, sent twice.
    faults: Vec<(bool, u8, bool)>,
}

fn plan(loss: f64, window: u8) -> impl Strategy<Value = Plan> {
    let first = prop_oneof![
        Just(BlockId::Bits16(65_530)),
        (1_u16..).prop_map(BlockId::Bits16),
        Just(BlockId::Bits64(u64::MAX - 3)),
        (1_u64..).prop_map(BlockId::Bits64),
    ];
    let fault = (prop::bool::weighted(loss), 0..=window, prop::bool::weighted(0.05));
    (first, 1..40_u16, 1..(8 * CAPACITY as u32), prop::collection::vec(fault, 1..400))
        .prop_map(|(first, blocks, bytes, faults)| Plan { first, blocks, bytes, faults })
}

impl Plan {
    fn images(&self) -> Vec<Image> {
        let ids = std::iter::successors(Some(self.first), |id| Some(id.next()));
        ids.take(self.blocks.into()).map(|id| Image::new(id, self.bytes)).collect()
    }

    /// Packets in the order in which they arrive, as block and packet.
    fn arrivals(&self, images: &[Image]) -> Vec<(usize, usize)> {
        let all = images
            .iter()
            .enumerate()
            .flat_map(|(block, image)| (0..=image.end() as usize).map(move |packet| (block, packet)));
        let mut arrivals = Vec::new();
        for (at, packet) in all.enumerate() {
            let (lost, held, twice) = self.faults[at % self.faults.len()];
            // Once the second block was handed out, the first one would be late.
            let held = if packet.0 == 0 { 0 } else { held };
            if !lost {
                arrivals.push((at + usize::from(held), packet));
            }
            if twice {
                arrivals.push((at + usize::from(held / 2), packet));
            }
        }
        // Stable: what is not held back overtakes what is.
        arrivals.sort_by_key(|&(at, _)| at);
        arrivals.into_iter().map(|(_, packet)| packet).collect()
    }
}

fn ranges(missing: impl IntoIterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for packet in missing {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == packet => *last = packet,
            _ => ranges.push((packet, packet)),
        }
    }
    ranges
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Without resends the verdicts are exactly what arrived, whatever the order.
    #[test]
    fn verdicts_are_what_arrived(plan in prop_oneof![plan(0.0, 32), plan(0.02, 8), plan(0.2, 32), plan(0.5, 4)]) {
        let images = plan.images();
        let packets: Vec<_> = images.iter().map(Image::packets).collect();
        let mut receiver = Receiver::new(Options { buffers: 64, ..options() });
        let mut arrived: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        for (block, packet) in plan.arrivals(&images) {
            receiver.now_us += 10;
            receiver.take(&packets[block][packet]);
            arrived.entry(block).or_default().insert(packet as u32);
        }
        receiver.wait(1_000_000);
        // One of which nothing came cannot be known of before the first and behind the last.
        let expected: Vec<_> = arrived
            .iter()
            .map(|(&block, arrived)| {
                let all = 0..=images[block].end();
                (&images[block], ranges(all.filter(|packet| !arrived.contains(packet))))
            })
            .collect();
        let blocks = receiver.blocks();
        let ids: Vec<_> = blocks.iter().map(|(block, _)| block.id).collect();
        prop_assert_eq!(ids, expected.iter().map(|(image, _)| image.id).collect::<Vec<_>>());
        // Without any leader nothing says how large a block is.
        let some_leader = arrived.values().any(|arrived| arrived.contains(&0));
        for ((block, pixels), (image, missing)) in blocks.iter().zip(&expected) {
            prop_assert_eq!(block.complete, missing.is_empty());
            if some_leader {
                prop_assert_eq!(&block.missing, missing, "{:?}", block.id);
                prop_assert!(pixels == &with_gaps(image, missing), "{:?} {:?}", block.id, missing);
            }
        }
        let statistics = receiver.stream.statistics();
        let between = arrived.len().checked_sub(1).map_or(0, |_| {
            let (first, last) = (arrived.keys().next(), arrived.keys().last());
            last.zip(first).map_or(0, |(last, first)| last - first + 1) - arrived.len()
        });
        prop_assert_eq!(statistics.skipped, between as u64);
        prop_assert_eq!(statistics.refused.total(), 0, "{:?}", statistics);
        prop_assert_eq!(statistics.queue_full, 0);
        prop_assert_eq!(receiver.stream.in_flight(), 0);
        let distinct: usize = arrived.values().map(BTreeSet::len).sum();
        prop_assert_eq!(statistics.duplicates + statistics.late, statistics.packets - distinct as u64);
    }

    /// With resends every block becomes whole of which anything came, and nothing is asked for that was not sent yet,
    /// or has come.
    #[test]
    fn what_is_asked_for_was_sent_and_is_missing(
        plan in prop_oneof![plan(0.02, 8), plan(0.1, 32), plan(0.2, 32)],
        answers in prop::collection::vec(prop::bool::weighted(0.8), 1..300),
    ) {
        let images = plan.images();
        let packets: Vec<_> = images.iter().map(Image::packets).collect();
        let policy = ResendPolicy { attempts: 30, ..RESEND };
        let mut receiver = Receiver::new(Options { buffers: 64, resend: Some(policy), ..options() });
        let block_of = |id: BlockId| images.iter().position(|image| image.id == id).expect("a block of the stream");
        let (mut sent, mut arrived) = (BTreeSet::new(), BTreeSet::new());
        let mut answers = answers.iter().chain([&true]).cycle();
        let (mut answered, mut whole) = (Vec::new(), Vec::new());
        // The order of sending is that of arrival: what is held back overtakes nothing.
        let mut arrivals = plan.arrivals(&images).into_iter();
        let all = images.iter().enumerate().map(|(block, image)| (block, image.end() as usize));
        let order: Vec<_> = all.flat_map(|(block, end)| (0..=end).map(move |packet| (block, packet))).collect();
        let mut order = order.into_iter().peekable();
        let mut idle = 0;
        while idle < 400 {
            receiver.now_us += 300;
            match arrivals.next() {
                Some(packet) => {
                    // Everything before it was sent, and so was what the network holds back.
                    while order.peek().is_some_and(|&next| next <= packet) {
                        sent.extend(order.next());
                    }
                    arrived.insert(packet);
                    receiver.take(&packets[packet.0][packet.1]);
                }
                None => {
                    sent.extend(order.by_ref());
                    receiver.now_us += 700;
                    receiver.stream.advance(receiver.now_us);
                    idle += 1;
                }
            }
            for packet in std::mem::take(&mut answered) {
                let (block, at): (usize, usize) = packet;
                arrived.insert(packet);
                receiver.take(&packets[block][at]);
            }
            for (id, first, last) in receiver.asked() {
                let block = block_of(id);
                for packet in first..=last {
                    let packet = (block, packet as usize);
                    prop_assert!(sent.contains(&packet), "{:?} was not sent yet", packet);
                    prop_assert!(!arrived.contains(&packet), "{:?} is there", packet);
                    if *answers.next().expect("endless") {
                        answered.push(packet);
                    }
                }
            }
            whole.extend(receiver.blocks());
        }
        receiver.wait(3_000_000);
        whole.extend(receiver.blocks());
        let known = arrived.iter().map(|&(block, _)| block).collect::<BTreeSet<_>>();
        prop_assert_eq!(whole.len(), known.len());
        for ((block, pixels), at) in whole.iter().zip(known) {
            prop_assert!(block.complete, "{:?}", block);
            prop_assert_eq!(block.id, images[at].id);
            prop_assert!(pixels == &images[at].pixels());
        }
        let statistics = receiver.stream.statistics();
        prop_assert_eq!(statistics.refused.total() + statistics.queue_full + statistics.skipped, 0);
    }

    /// Packets cut, lengthened, moved and made up never make a block complete that is not.
    #[test]
    fn no_damaged_block_is_complete(
        plan in plan(0.05, 16),
        damage in prop::collection::vec((0..6_u8, any::<Index>(), any::<u32>()), 1..60),
        resend: bool,
    ) {
        let images = plan.images();
        let packets: Vec<_> = images.iter().map(Image::packets).collect();
        let resend = resend.then_some(RESEND);
        let mut receiver = Receiver::new(Options { resend, buffers: 16, ..options() });
        let (mut blocks, mut moved) = (Vec::new(), BTreeSet::new());
        let mut damage = damage.iter().cycle();
        // Shows what the device's payloads are like; else a short one may be taken for what the device sends.
        receiver.take_all(&packets[0]);
        for (block, packet) in plan.arrivals(&images) {
            receiver.now_us += 100;
            let sound = &packets[block][packet];
            let &(kind, at, number) = damage.next().expect("endless");
            let mut bytes = sound.clone();
            match kind {
                // A payload of another size.
                0 => bytes.truncate(at.index(bytes.len() + 1)),
                1 => bytes.extend(std::iter::repeat_n(7, at.index(40) + 1)),
                // Of another block, which there is not, or another kind.
                2 if !images[block].id.is_extended() => bytes[2..4].copy_from_slice(&(number as u16).to_be_bytes()),
                3 => bytes[4] = bytes[4] & 0xf0 | (number as u8 & 0x0f),
                4 => bytes = number.to_be_bytes().repeat(at.index(40)),
                _ => {}
            }
            // Two of them would make a block of packets that fit each other.
            let id = short(number as u16);
            if kind != 2 || (images.iter().all(|image| image.id != id) && moved.insert(id.value())) {
                receiver.take(&bytes);
            }
            drop(receiver.asked());
            blocks.extend(receiver.blocks());
        }
        receiver.wait(2_000_000);
        blocks.extend(receiver.blocks());
        for (block, pixels) in blocks.iter().filter(|(block, _)| block.complete) {
            let image = images.iter().find(|image| image.id == block.id);
            prop_assert!(image.is_some_and(|image| pixels == &image.pixels()), "{:?}", block);
        }
    }
}
