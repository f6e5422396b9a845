//! The streams of other programs' devices, as they were captured.

#[allow(dead_code)] // It writes captures, too.
#[path = "../../../gige-vision/tests/packets/capture.rs"]
mod capture;

use crate::camera::{options, Receiver};
use framewire_gige_vision::gvsp::Header;
use framewire_reassembly::Options;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Stream packets of a capture, and the packet size of their stream.
fn stream(name: &str) -> (Vec<Vec<u8>>, u16) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gige-vision/tests/captures").join(name);
    let datagrams = capture::read(&std::fs::read(path).expect("the capture"));
    let packets: Vec<_> = datagrams
        .into_iter()
        .filter(|datagram| !datagram.is_command() && !datagram.is_ack())
        .map(|datagram| datagram.payload)
        .collect();
    let longest = packets.iter().map(Vec::len).max().expect("some packets");
    (packets, longest as u16 + 28)
}

/// Ids of the whole blocks of a capture, and of the others with the packets that are missing.
fn verdicts(name: &str) -> (Vec<u64>, BTreeMap<u64, Vec<u32>>) {
    let (packets, packet_size) = stream(name);
    let mut receiver = Receiver::new(Options { packet_size, block_bytes: 1 << 16, buffers: 32, ..options() });
    let (mut whole, mut others) = (Vec::new(), BTreeMap::new());
    // What the capture holds of each block; the last packet of any is that of all.
    let mut held: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
    for packet in &packets {
        receiver.now_us += 100;
        receiver.take(packet);
        let (header, _) = Header::parse(packet).expect("sound");
        held.entry(header.block.value()).or_default().insert(header.packet);
    }
    receiver.wait(1_000_000);
    let end = held.values().flatten().max().copied().expect("some packets");
    for (block, _) in receiver.blocks() {
        let missing: Vec<_> = block.missing.iter().flat_map(|&(first, last)| first..=last).collect();
        let there = &held[&block.id.value()];
        assert_eq!(missing, (0..=end).filter(|packet| !there.contains(packet)).collect::<Vec<_>>(), "{name}");
        if block.complete {
            whole.push(block.id.value());
        } else {
            others.insert(block.id.value(), missing);
        }
    }
    assert_eq!(whole.len() + others.len(), held.len(), "{name}");
    assert_eq!(receiver.refused(), [], "{name}");
    (whole, others)
}

#[test]
fn streams_without_loss_come_whole() {
    // Blocks by tshark's count of leaders and trailers.
    for (name, blocks) in [("a3-aravis-stream.pcap", 6), ("v3-viva-stream.pcap", 26)] {
        let (whole, others) = verdicts(name);
        assert_eq!((whole.len(), others), (blocks, BTreeMap::new()), "{name}");
    }
}

#[test]
fn blocks_that_were_sent_again_come_whole() {
    let (whole, others) = verdicts("r2-viva-host-viva-fake-resend.pcap");
    assert_eq!((whole.len(), others), (7, BTreeMap::new()));
}

#[test]
fn of_a_lossy_device_the_verdicts_are_what_was_captured() {
    let (whole, others) = verdicts("a4-aravis-lossy-noresend.pcap");
    assert!(!whole.is_empty() && others.len() > 5, "{whole:?} {others:?}");
    // aravis gave up asking for this one.
    let (_, others) = verdicts("r1-aravis-host-viva-fake-resend.pcap");
    assert_eq!(others.keys().copied().collect::<Vec<_>>(), [3]);
}
