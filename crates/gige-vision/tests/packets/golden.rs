//! Captures of other programs (see `captures/README.md`): every packet reads as tshark reads it, and writes back to the
//! same bytes.

use crate::{capture, dissection};
use framewire_gige_vision::bootstrap::{
    GvcpCapability, PacketSize, Register, StreamChannel, StreamPort, XmlUrl,
};
use framewire_gige_vision::gvcp::{Ack, AckBody, Command, CommandBody, RegisterWrite};
use framewire_gige_vision::gvsp::{Content, Header, Leader};
use framewire_gige_vision::{BlockId, PixelFormat};
use std::collections::BTreeMap;

fn capture(name: &str) -> Vec<capture::Datagram> {
    capture::golden().into_iter().find(|(found, _)| found.starts_with(name)).expect("the capture").1
}

/// What a host wrote to registers.
fn writes(name: &str) -> Vec<RegisterWrite> {
    let commands = capture(name).into_iter().filter(|datagram| datagram.is_command());
    let bodies =
        commands.filter_map(|datagram| match Command::parse(&datagram.payload).expect("a command").body {
            CommandBody::WriteRegisters(writes) => Some(writes),
            _ => None,
        });
    bodies.flatten().collect()
}

#[test]
fn every_packet_reads_as_tshark_reads_it() {
    let golden = capture::golden();
    assert_eq!(golden.len(), 14);
    for (name, datagrams) in golden {
        let expected = std::fs::read_to_string(capture::folder().join(&name).with_extension("txt"));
        let lines: Vec<String> = datagrams.iter().map(dissection::line).collect();
        assert_eq!(lines, expected.expect("a dissection").lines().collect::<Vec<_>>(), "{name}");
    }
}

/// The counts that were taken when the captures were made.
#[test]
fn packets_of_every_type_are_as_many_as_were_counted() {
    let counts = std::fs::read_to_string(capture::folder().join("counts.txt")).expect("the counts");
    let golden = capture::golden();
    assert_eq!(counts.lines().count(), golden.len());
    for (name, datagrams) in golden {
        let mut found = BTreeMap::new();
        for datagram in &datagrams {
            let line = dissection::line(datagram);
            let kind = line.split(' ').nth(1).expect("a name").to_string();
            // tshark took the resends of this host for stream packets: they come from its stream port.
            let is_hidden = name.starts_with("r1") && kind == "PACKETRESEND_CMD";
            let kind = if is_hidden { "other".to_string() } else { kind };
            *found.entry(kind).or_insert(0) += 1;
        }
        let line = counts.lines().find(|line| line.starts_with(&name)).expect("a line");
        let expected = line.split(' ').skip(2).filter_map(|entry| entry.split_once('='));
        let expected: BTreeMap<String, i32> =
            expected.map(|(kind, count)| (kind.to_string(), count.parse().expect("a count"))).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn frames_come_out_whole() {
    let mut image = Vec::new();
    let mut leader = None;
    for datagram in capture("r2").iter().filter(|datagram| !datagram.is_ack() && !datagram.is_command()) {
        let (header, content) = Header::parse(&datagram.payload).expect("a packet");
        if header.block != BlockId::Bits16(1) {
            continue;
        }
        match Content::parse(header.format, content).expect("of an image") {
            Content::Leader(found) => leader = Some(found),
            Content::Payload(data) => image.extend_from_slice(data),
            Content::Trailer(trailer) => assert_eq!(trailer.height, 32),
        }
    }
    let Some(leader) = leader else { panic!("no leader") };
    let size = Leader { timestamp: leader.timestamp, ..whole(64, 32) };
    assert_eq!(leader, size);
    assert_eq!(leader.image_bytes(), Some(image.len() as u64));
}

fn whole(width: u32, height: u32) -> Leader {
    Leader {
        field_info: 0,
        timestamp: 0,
        pixel_format: PixelFormat::MONO_8,
        width,
        height,
        offset_x: 0,
        offset_y: 0,
        padding_x: 0,
        padding_y: 0,
    }
}

/// Where each device of the captures has its XML.
#[test]
fn first_urls_are_understood() {
    let mut found = BTreeMap::new();
    for (name, datagrams) in capture::golden() {
        for datagram in datagrams.iter().filter(|datagram| datagram.is_ack()) {
            let ack = Ack::parse(&datagram.payload).expect("an acknowledge");
            if let AckBody::ReadMemory { address, data } = ack.body {
                if address == Register::FIRST_URL.address {
                    let url = XmlUrl::parse(data).expect("a URL").expect("is there");
                    found.insert(name.clone(), format!("{url:?}"));
                }
            }
        }
    }
    let aravis = "Local { name: \"arv-fake-camera.xml\", address: 65536, length: 15975 }";
    assert_eq!(found["a2-aravis-registers"], aravis);
    assert_eq!(found["v2-viva-registers"], aravis);
    let viva = &found["r1-aravis-host-viva-fake-resend"];
    assert!(viva.starts_with("Local { name: \"fake"), "{viva}");
    assert_eq!(found.len(), 9, "{found:?}");
}

#[test]
fn registers_that_hosts_write_are_found_in_the_table() {
    let channel = StreamChannel::new(0).expect("the first");
    let value = |name: &str, register: Register| {
        writes(name).iter().find(|write| write.address == register.address).map(|write| write.value)
    };
    let size = PacketSize(value("a3", channel.packet_size()).expect("a packet size"));
    assert_eq!((size.bytes(), size.contains(PacketSize::FIRE_TEST)), (576, false));
    let stream =
        capture("r2").iter().find(|packet| !packet.is_ack() && !packet.is_command()).map(|p| p.destination);
    let port = StreamPort(value("r2", channel.port()).expect("a port"));
    assert_eq!((Some(port.port()), port.interface()), (stream, 0));
    assert_eq!(value("r2", channel.destination()), Some(0xc0a8_4e02));
    assert_eq!(value("r2", Register::CONTROL_CHANNEL_PRIVILEGE), Some(2));
    // What viva's fake camera says of itself.
    let capability = GvcpCapability(0x0800_0027);
    assert!(capability.contains(GvcpCapability::PACKET_RESEND | GvcpCapability::PENDING_ACK));
    assert!(!capability.contains(GvcpCapability::EVENT));
}
