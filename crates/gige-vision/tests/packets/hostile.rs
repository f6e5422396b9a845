//! Packets of other programs, cut, lied about and changed at random: an error or a value, never a panic.

use crate::capture::{self, Datagram};
use crate::property;
use framewire_gige_vision::gvcp::{Ack, Command, HEADER_BYTES, MAX_BODY_BYTES};
use framewire_gige_vision::gvsp::{Content, Format, Header};
use framewire_gige_vision::Error;
use proptest::prelude::*;
use std::sync::LazyLock;

/// One packet of each type and length of every capture, and of ours.
static PACKETS: LazyLock<Vec<Datagram>> = LazyLock::new(|| {
    let ours = std::fs::read(capture::folder().join("ours.pcap")).expect("our capture");
    let all = capture::golden().into_iter().flat_map(|(_, datagrams)| datagrams).chain(capture::read(&ours));
    let mut seen = std::collections::BTreeSet::new();
    all.filter(|datagram| {
        // The code of a control packet, the format of a stream's.
        let kind = if is_control(datagram) { &datagram.payload[2..4] } else { &datagram.payload[4..5] };
        seen.insert((datagram.is_command(), datagram.is_ack(), kind.to_vec(), datagram.payload.len()))
    })
    .collect()
});

fn check(like: &Datagram, bytes: &[u8]) -> Result<(), Error> {
    if like.is_command() {
        property::command(bytes)
    } else if like.is_ack() {
        property::ack(bytes)
    } else {
        property::stream(bytes)
    }
}

fn is_control(datagram: &Datagram) -> bool {
    datagram.is_command() || datagram.is_ack()
}

fn format(datagram: &Datagram) -> Format {
    Header::parse(&datagram.payload).expect("a header").0.format
}

#[test]
fn there_is_a_packet_of_every_type() {
    let kinds = |is: fn(&Datagram) -> bool| PACKETS.iter().filter(|packet| is(packet)).count();
    assert!(kinds(Datagram::is_command) >= 8 && kinds(Datagram::is_ack) >= 8);
    for wanted in [Format::Leader, Format::Payload, Format::Trailer] {
        assert!(PACKETS.iter().any(|packet| !is_control(packet) && format(packet) == wanted));
    }
}

#[test]
fn a_packet_cut_anywhere_is_refused() {
    for packet in PACKETS.iter() {
        let bytes = &packet.payload;
        for length in 0..bytes.len() {
            let result = check(packet, &bytes[..length]);
            let is_payload = !is_control(packet) && format(packet) == Format::Payload;
            let header =
                if is_payload { bytes.len() - Header::parse(bytes).expect("sound").1.len() } else { 0 };
            match result {
                // Nothing tells how long a payload is but the stream's packet size.
                Ok(()) => assert!(is_payload && length >= header),
                Err(Error::Truncated { needed, actual, .. }) => {
                    assert!(actual < needed && needed <= bytes.len() && actual <= length);
                }
                Err(Error::Length { stated, actual, .. }) => {
                    assert_eq!((stated, actual), (bytes.len() - HEADER_BYTES, length - HEADER_BYTES));
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn a_length_that_lies_is_an_error_or_a_shorter_packet() {
    for packet in PACKETS.iter().filter(|packet| is_control(packet)) {
        let mut bytes = packet.payload.clone();
        let body = bytes.len() - HEADER_BYTES;
        for stated in (0..=600).chain((0..=u16::MAX).rev().step_by(97)) {
            bytes[4..6].copy_from_slice(&stated.to_be_bytes());
            let stated = usize::from(stated);
            match check(packet, &bytes) {
                Ok(()) => assert!(stated <= body),
                Err(Error::TooLong { bytes, limit, .. }) => {
                    assert!(bytes == stated && limit == MAX_BODY_BYTES)
                }
                Err(Error::Length { stated: found, actual, .. }) => {
                    assert!(found == stated && actual == body && stated > body);
                }
                Err(Error::Truncated { needed, actual, .. }) => assert!(actual == stated && needed <= body),
                Err(Error::Ragged { bytes, entry, .. }) => assert!(bytes == stated && bytes % entry != 0),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn bytes_behind_a_packet_change_nothing() {
    for packet in PACKETS.iter() {
        let mut longer = packet.payload.clone();
        longer.extend([0x42, 0xff, 0x00]);
        if packet.is_command() {
            assert_eq!(Command::parse(&longer), Command::parse(&packet.payload));
        } else if packet.is_ack() {
            assert_eq!(Ack::parse(&longer), Ack::parse(&packet.payload));
        } else if format(packet) != Format::Payload {
            let content = |bytes| {
                Header::parse(bytes).and_then(|(head, rest)| Ok((head, Content::parse(head.format, rest)?)))
            };
            assert_eq!(content(&longer), content(&packet.payload));
        }
    }
}

#[test]
fn every_byte_may_have_any_value() {
    for packet in PACKETS.iter() {
        let mut bytes = packet.payload.clone();
        for at in 0..bytes.len().min(64) {
            let was = bytes[at];
            for byte in 0..=u8::MAX {
                bytes[at] = byte;
                let _ = check(packet, &bytes);
            }
            bytes[at] = was;
        }
    }
}

/// More cases where `npm run test:soak` asks for them.
fn cases() -> u32 {
    if std::env::var_os("FRAMEWIRE_SOAK").is_some() {
        500_000
    } else {
        2_000
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, code: u8, body: Vec<u8>) {
        let length = (body.len() as u16).to_be_bytes();
        let command = [&[0x42, code, code & 1, code, length[0], length[1], 0, 1], &body[..]].concat();
        for bytes in [&bytes, &command] {
            let results = [property::command(bytes), property::ack(bytes), property::stream(bytes), property::url(bytes)];
            for error in results.into_iter().filter_map(Result::err) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn a_mutilated_packet_is_read_or_refused(
        packet: prop::sample::Index,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut: Option<prop::sample::Index>,
    ) {
        let packet = packet.get(&PACKETS);
        let mut bytes = packet.payload.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len() + 1)));
        if let Err(error) = check(packet, &bytes) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
