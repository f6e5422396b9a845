//! Whatever is written reads the same, of every type of packet.

use framewire_gige_vision::bootstrap::{DeviceMode, IpConfig, SpecVersion};
use framewire_gige_vision::gvcp::{
    Ack, AckBody, Code, Command, CommandBody, DiscoveryAck, ForceIp, RegisterWrite, Resend, MAX_MEMORY_BYTES,
    MAX_REGISTERS_READ, MAX_REGISTERS_WRITTEN,
};
use framewire_gige_vision::gvsp::{
    payload_capacity, Content, Flags, Format, Header, Leader, Trailer, MAX_PACKET_ID,
};
use framewire_gige_vision::{BlockId, MacAddress, PixelFormat, Status, Text};
use proptest::prelude::*;
use std::net::Ipv4Addr;

fn ip() -> impl Strategy<Value = Ipv4Addr> {
    any::<u32>().prop_map(Ipv4Addr::from)
}

fn mac() -> impl Strategy<Value = MacAddress> {
    any::<[u8; 6]>().prop_map(MacAddress)
}

fn text<const N: usize>() -> impl Strategy<Value = Text<N>> {
    any::<[u8; N]>().prop_map(Text::from_bytes)
}

fn block() -> impl Strategy<Value = BlockId> {
    prop_oneof![any::<u16>().prop_map(BlockId::Bits16), any::<u64>().prop_map(BlockId::Bits64)]
}

fn packet(block: BlockId) -> impl Strategy<Value = u32> {
    let largest = if block.is_extended() { u32::MAX } else { MAX_PACKET_ID };
    0..=largest
}

/// What a packet borrows; a test has no need to free it.
fn memory() -> impl Strategy<Value = &'static [u8]> {
    prop::collection::vec(any::<u8>(), 0..=MAX_MEMORY_BYTES).prop_map(|data| &*data.leak())
}

fn command() -> impl Strategy<Value = CommandBody<'static>> {
    let force = (any::<bool>(), mac(), ip(), ip(), ip()).prop_map(
        |(broadcast_ack, mac, ip, subnet_mask, gateway)| {
            CommandBody::ForceIp(ForceIp { broadcast_ack, mac, ip, subnet_mask, gateway })
        },
    );
    let resend = (any::<u16>(), block()).prop_flat_map(|(stream_channel, block)| {
        (packet(block), packet(block)).prop_map(move |(first_packet, last_packet)| {
            CommandBody::Resend(Resend { stream_channel, block, first_packet, last_packet })
        })
    });
    let write = any::<(u32, u32)>().prop_map(|(address, value)| RegisterWrite { address, value });
    prop_oneof![
        any::<bool>().prop_map(|broadcast_ack| CommandBody::Discovery { broadcast_ack }),
        force,
        resend,
        prop::collection::vec(any::<u32>(), 0..=MAX_REGISTERS_READ).prop_map(CommandBody::ReadRegisters),
        prop::collection::vec(write, 0..=MAX_REGISTERS_WRITTEN).prop_map(CommandBody::WriteRegisters),
        any::<(u32, u16)>().prop_map(|(address, count)| CommandBody::ReadMemory { address, count }),
        (any::<u32>(), memory()).prop_map(|(address, data)| CommandBody::WriteMemory { address, data }),
    ]
}

fn discovery() -> impl Strategy<Value = DiscoveryAck> {
    let numbers = any::<(u16, u16, u32, u32, u32)>();
    let addresses = (mac(), ip(), ip(), ip());
    let texts = (text(), text(), text(), text(), text(), text());
    (numbers, addresses, texts).prop_map(|(numbers, addresses, texts)| DiscoveryAck {
        version: SpecVersion { major: numbers.0, minor: numbers.1 },
        mode: DeviceMode(numbers.2),
        mac: addresses.0,
        ip_options: IpConfig(numbers.3),
        ip_current: IpConfig(numbers.4),
        ip: addresses.1,
        subnet_mask: addresses.2,
        gateway: addresses.3,
        manufacturer: texts.0,
        model: texts.1,
        device_version: texts.2,
        manufacturer_info: texts.3,
        serial_number: texts.4,
        user_name: texts.5,
    })
}

fn ack() -> impl Strategy<Value = (Status, AckBody<'static>)> {
    let status = any::<u16>().prop_map(Status::from);
    let body = prop_oneof![
        discovery().prop_map(|found| AckBody::Discovery(Box::new(found))),
        Just(AckBody::ForceIp),
        prop::collection::vec(any::<u32>(), 1..=MAX_REGISTERS_READ).prop_map(AckBody::ReadRegisters),
        any::<u32>().prop_map(|index| AckBody::WriteRegisters { index }),
        (any::<u32>(), memory()).prop_map(|(address, data)| AckBody::ReadMemory { address, data }),
        any::<u32>().prop_map(|index| AckBody::WriteMemory { index }),
        any::<u16>().prop_map(|ms| AckBody::Pending { time_to_completion_ms: ms }),
    ];
    let code =
        any::<u16>().prop_map(Code::from).prop_filter("has no body anyway", |&code| code != Code::ForceIpAck);
    let refused =
        (0x8000..=u16::MAX, code).prop_map(|(status, code)| (status.into(), AckBody::Refused(code)));
    prop_oneof![5 => (status, body), 1 => refused]
}

fn content() -> impl Strategy<Value = Content<'static>> {
    let leader =
        any::<(u8, u64, u32, [u32; 4], u16, u16)>().prop_map(|(field_info, timestamp, pixel, rest, x, y)| {
            let [width, height, offset_x, offset_y] = rest;
            let pixel_format = PixelFormat(pixel);
            let (padding_x, padding_y) = (x, y);
            Content::Leader(Leader {
                field_info,
                timestamp,
                pixel_format,
                width,
                height,
                offset_x,
                offset_y,
                padding_x,
                padding_y,
            })
        });
    prop_oneof![
        leader,
        memory().prop_map(Content::Payload),
        any::<u32>().prop_map(|height| Content::Trailer(Trailer { height })),
    ]
}

fn header() -> impl Strategy<Value = Header> {
    block().prop_flat_map(|block| {
        let flags = if block.is_extended() { 0..=u16::MAX } else { 0..=0 };
        (any::<u16>(), flags, packet(block), 0u8..16).prop_map(move |(status, flags, packet, format)| {
            Header { status: status.into(), flags: Flags(flags), block, packet, format: format.into() }
        })
    })
}

proptest! {
    #[test]
    fn commands(body in command(), acknowledge: bool, request_id: u16, before in 0usize..3) {
        let command = Command { acknowledge, request_id, body };
        let mut written = vec![0xee; before];
        command.write(&mut written).expect("writes");
        prop_assert_eq!(Command::parse(&written[before..]), Ok(command));
    }

    #[test]
    fn acknowledges((status, body) in ack(), request_id: u16, before in 0usize..3) {
        let ack = Ack { status, request_id, body };
        let mut written = vec![0xee; before];
        ack.write(&mut written).expect("writes");
        prop_assert_eq!(Ack::parse(&written[before..]), Ok(ack));
    }

    #[test]
    fn headers(header in header(), rest in memory(), before in 0usize..3) {
        let mut written = vec![0xee; before];
        header.write(&mut written).expect("writes");
        prop_assert_eq!(written.len() - before, usize::from(Header::bytes(header.block)));
        written.extend(rest);
        prop_assert_eq!(Header::parse(&written[before..]), Ok((header, rest)));
    }

    #[test]
    fn contents(content in content()) {
        let mut written = Vec::new();
        content.write(&mut written);
        prop_assert_eq!(Content::parse(content.format(), &written), Ok(content));
    }

    #[test]
    fn texts(name in "[^\0]{0,10}") {
        match Text::<16>::new(&name) {
            Ok(text) => prop_assert_eq!(text.to_str(), name),
            Err(_) => prop_assert!(name.len() > 15),
        }
    }

    /// By the definition, bit by bit, in numbers that cannot run over.
    #[test]
    fn image_bytes(width: u32, height: u32, pixel: u32, padding_x: u16, padding_y: u16, small: bool) {
        let limit = if small { 5000 } else { u32::MAX };
        let (width, height) = (width % limit, height % limit);
        let leader = Leader {
            field_info: 0,
            timestamp: 0,
            pixel_format: PixelFormat(pixel),
            width,
            height,
            offset_x: 0,
            offset_y: 0,
            padding_x,
            padding_y,
        };
        let row = u128::from(width) * u128::from(pixel >> 16 & 0xff);
        let rows = match padding_x {
            0 => (row * u128::from(height)).div_ceil(8),
            _ => (row.div_ceil(8) + u128::from(padding_x)) * u128::from(height),
        };
        let bytes = rows + u128::from(padding_y);
        match leader.image_bytes() {
            Some(found) => prop_assert_eq!(u128::from(found), bytes),
            // The way to it runs over a little before the result does.
            None => prop_assert!(bytes > u128::from(u64::MAX / 8)),
        }
    }
}

#[test]
fn ids_go_on_at_one() {
    assert_eq!(BlockId::Bits16(65535).next(), BlockId::Bits16(1));
    assert_eq!(BlockId::Bits16(65534).next().next(), BlockId::Bits16(1));
    assert_eq!(BlockId::Bits64(65535).next(), BlockId::Bits64(65536));
    assert_eq!(BlockId::Bits64(u64::MAX).next(), BlockId::Bits64(1));
    assert_eq!(BlockId::Bits16(7).next().value(), 8);
}

#[test]
fn a_packet_has_room_for_what_the_headers_leave() {
    let (short, long) = (BlockId::Bits16(1), BlockId::Bits64(1));
    assert_eq!(payload_capacity(1500, short), 1464);
    assert_eq!(payload_capacity(1500, long), 1452);
    assert_eq!(payload_capacity(9000, short), 8964);
    assert_eq!(
        (payload_capacity(37, short), payload_capacity(36, short), payload_capacity(0, long)),
        (1, 0, 0)
    );
}

#[test]
fn a_resent_packet_is_known_by_status_or_flag() {
    let header = Header {
        status: Status::Success,
        flags: Flags::default(),
        block: BlockId::Bits64(1),
        packet: 1,
        format: Format::Payload,
    };
    assert!(!header.is_resent());
    assert!(Header { status: Status::PacketResend, ..header }.is_resent());
    assert!(Header { flags: Flags::PACKET_RESEND, ..header }.is_resent());
}
