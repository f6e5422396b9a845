//! What this crate writes, read by tshark: `captures/ours.pcap` is exactly what is written here, and `captures/ours.txt`
//! what tshark reads in it. After a change of this list run the test with `FRAMEWIRE_WRITE=1`, then `dissect.py`.

use crate::{capture, dissection};
use framewire_gige_vision::bootstrap::{DeviceMode, IpConfig, Register, SpecVersion, StreamChannel};
use framewire_gige_vision::gvcp::{
    self, Ack, AckBody, Code, Command, CommandBody, DiscoveryAck, ForceIp, RegisterWrite, Resend,
};
use framewire_gige_vision::gvsp::{Content, Flags, Header, Leader, Trailer, MAX_PACKET_ID};
use framewire_gige_vision::{BlockId, MacAddress, PixelFormat, Status, Text};
use std::net::Ipv4Addr;

const HOST: u16 = 40000;
const STREAM: (u16, u16) = (40001, 50000);

fn commands() -> Vec<CommandBody<'static>> {
    let channel = StreamChannel::new(0).expect("the first");
    let force = ForceIp {
        broadcast_ack: true,
        mac: MacAddress([0x00, 0x11, 0x1c, 0xf5, 0x3a, 0xb2]),
        ip: Ipv4Addr::new(10, 1, 2, 3),
        subnet_mask: Ipv4Addr::new(255, 255, 0, 0),
        gateway: Ipv4Addr::new(10, 1, 0, 1),
    };
    let resend = |block, first_packet, last_packet| {
        CommandBody::Resend(Resend { stream_channel: 0, block, first_packet, last_packet })
    };
    let write = |register: Register, value| RegisterWrite { address: register.address, value };
    vec![
        CommandBody::Discovery { broadcast_ack: false },
        CommandBody::Discovery { broadcast_ack: true },
        CommandBody::ForceIp(force),
        resend(BlockId::Bits16(0xfedc), 1, MAX_PACKET_ID),
        resend(BlockId::Bits64(0x0123_4567_89ab_cdef), 0x00fe_dcba, 0x00ff_0000),
        CommandBody::ReadRegisters(vec![Register::GVCP_CAPABILITY.address]),
        CommandBody::ReadRegisters(vec![
            Register::VERSION.address,
            0x000e_8000,
            Register::LINK_SPEED.address,
        ]),
        CommandBody::WriteRegisters(vec![write(Register::HEARTBEAT_TIMEOUT, 3000)]),
        CommandBody::WriteRegisters(vec![
            write(channel.destination(), 0x0a00_0002),
            write(channel.port(), 50000),
        ]),
        CommandBody::ReadMemory { address: Register::FIRST_URL.address, count: 512 },
        CommandBody::WriteMemory { address: 0x000f_0000, data: &[1, 2, 3, 4, 5, 6, 7, 8] },
    ]
}

fn acks() -> Vec<(Status, AckBody<'static>)> {
    let text = "as long as the register holds it";
    let discovery = DiscoveryAck {
        version: SpecVersion { major: 2, minor: 1 },
        mode: DeviceMode::CAMERA,
        mac: MacAddress([0x00, 0x11, 0x1c, 0xf5, 0x3a, 0xb2]),
        ip_options: IpConfig::LINK_LOCAL | IpConfig::DHCP | IpConfig::PERSISTENT_IP,
        ip_current: IpConfig::LINK_LOCAL,
        ip: Ipv4Addr::new(169, 254, 3, 4),
        subnet_mask: Ipv4Addr::new(255, 255, 0, 0),
        gateway: Ipv4Addr::UNSPECIFIED,
        manufacturer: Text::new(&text[..31]).expect("fits"),
        model: Text::new("M").expect("fits"),
        device_version: Text::new("1.2.3").expect("fits"),
        manufacturer_info: Text::new("").expect("fits"),
        serial_number: Text::new("0123456789abcde").expect("fits"),
        user_name: Text::new("growth 1").expect("fits"),
    };
    vec![
        (Status::Success, AckBody::Discovery(Box::new(discovery))),
        (Status::Success, AckBody::ForceIp),
        (Status::Success, AckBody::ReadRegisters(vec![0xffff_ffff])),
        (Status::Success, AckBody::WriteRegisters { index: 1 }),
        (Status::WriteProtect, AckBody::WriteRegisters { index: 0 }),
        (Status::Success, AckBody::ReadMemory { address: 0x000f_0000, data: &[9; 536] }),
        (Status::Success, AckBody::WriteMemory { index: 8 }),
        (Status::Success, AckBody::Pending { time_to_completion_ms: 65535 }),
        (Status::AccessDenied, AckBody::WriteMemory { index: 0 }),
        (Status::AccessDenied, AckBody::Refused(Code::ReadRegAck)),
        (Status::AccessDenied, AckBody::Refused(Code::ReadMemAck)),
        (Status::NotImplemented, AckBody::Refused(Code::ActionAck)),
    ]
}

fn contents() -> Vec<Content<'static>> {
    let leader = Leader {
        field_info: 0x12,
        timestamp: 0x0123_4567_89ab_cdef,
        pixel_format: PixelFormat::MONO_12_PACKED,
        width: 1388,
        height: 1038,
        offset_x: 12,
        offset_y: 8,
        padding_x: 2,
        padding_y: 65535,
    };
    vec![Content::Leader(leader), Content::Payload(&[7; 1000]), Content::Trailer(Trailer { height: 1038 })]
}

fn datagrams() -> Vec<(u16, u16, Vec<u8>)> {
    let mut datagrams = Vec::new();
    for (request_id, body) in (1..).zip(commands()) {
        let acknowledge = !matches!(body, CommandBody::Resend(_));
        let mut bytes = Vec::new();
        Command { acknowledge, request_id, body }.write(&mut bytes).expect("writes");
        datagrams.push((HOST, gvcp::PORT, bytes));
    }
    for (request_id, (status, body)) in (0x8001..).zip(acks()) {
        let mut bytes = Vec::new();
        Ack { status, request_id, body }.write(&mut bytes).expect("writes");
        datagrams.push((gvcp::PORT, HOST, bytes));
    }
    let resend = Flags::PACKET_RESEND | Flags::PREVIOUS_BLOCK_DROPPED;
    // tshark reads no content behind another status, and no packet id above 31 bits.
    let status = Status::Success;
    for (flags, block, packet) in [
        (Flags::default(), BlockId::Bits16(65535), 0x00fe_dcba),
        (resend, BlockId::Bits64(0xfedc_ba98_7654_3210), 0x7edc_ba98),
    ] {
        for content in contents() {
            let mut bytes = Vec::new();
            let header = Header { status, flags, block, packet, format: content.format() };
            header.write(&mut bytes).expect("writes");
            content.write(&mut bytes);
            datagrams.push((STREAM.0, STREAM.1, bytes));
        }
    }
    datagrams
}

#[test]
fn tshark_reads_what_is_written() {
    let pcap = capture::write(&datagrams());
    let file = capture::folder().join("ours.pcap");
    if std::env::var_os("FRAMEWIRE_WRITE").is_some() {
        std::fs::write(&file, &pcap).expect("written");
    }
    assert!(std::fs::read(&file).expect("the capture") == pcap, "ours.pcap is not what is written now");
    let expected = std::fs::read_to_string(file.with_extension("txt")).expect("its dissection");
    let lines: Vec<String> = capture::read(&pcap).iter().map(dissection::line).collect();
    assert_eq!(lines, expected.lines().collect::<Vec<_>>());
}
