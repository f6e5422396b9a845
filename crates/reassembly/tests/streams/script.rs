//! A stream as bytes, for the fuzz target and its corpus: whatever they are, they are some stream.

use crate::camera::{options, Receiver, RESEND};
use framewire_reassembly::Options;

/// Bytes in front of each packet: its length, little-endian, and the ms that pass before it.
const HEAD: usize = 3;

/// Packets, each a ms behind the one before.
pub fn write(packets: &[Vec<u8>], resend: bool) -> Vec<u8> {
    let mut script = vec![u8::from(resend)];
    for packet in packets {
        let length = u16::try_from(packet.len()).expect("a short packet");
        script.extend(length.to_le_bytes());
        script.push(1);
        script.extend(packet);
    }
    script
}

/// Take a stream in. What holds for any: blocks in flight and images are bounded, and so is the time until all are done;
/// a block is complete where nothing is missing, and ranges are in order and apart; every packet is counted.
pub fn run(script: &[u8]) -> Receiver {
    let (&flags, mut rest) = script.split_first().unwrap_or((&0, &[]));
    let resend = (flags & 1 != 0).then_some(RESEND);
    let mut receiver = Receiver::new(Options { resend, deliver_incomplete: flags & 2 == 0, ..options() });
    let mut taken = 0;
    while let Some((&[low, high, ms], body)) = rest.split_first_chunk::<HEAD>() {
        let length = usize::from(u16::from_le_bytes([low, high]));
        let (packet, behind) = body.split_at(length.min(body.len()));
        rest = behind;
        receiver.now_us += u64::from(ms) * 1_000;
        receiver.take(packet);
        taken += 1;
        check(&mut receiver);
    }
    // Idle, then asked for as often as it may be, or not at all.
    for _ in 0..4 {
        receiver.wait(1_000_000);
    }
    check(&mut receiver);
    assert_eq!(receiver.stream.in_flight(), 0);
    assert_eq!(receiver.stream.due_us(), None);
    let statistics = receiver.stream.statistics();
    assert_eq!(statistics.packets, taken);
    let none = statistics.refused.total() + statistics.late + statistics.duplicates;
    assert!(statistics.complete + statistics.incomplete + none <= 3 * taken, "{statistics:?}");
    receiver
}

fn check(receiver: &mut Receiver) {
    let asked = receiver.asked();
    assert!(asked.iter().all(|(_, first, last)| first <= last));
    for (block, _) in receiver.blocks() {
        assert_eq!(block.complete, block.missing.is_empty());
        assert!(block.missing.iter().all(|(first, last)| first <= last));
        assert!(block.missing.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "{:?}", block.missing);
    }
}
