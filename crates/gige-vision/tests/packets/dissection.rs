//! A packet as one line, in the words of `captures/dissect.py`.

use crate::capture::Datagram;
use framewire_gige_vision::gvcp::{Ack, AckBody, AckHeader, Command, CommandBody, CommandHeader};
use framewire_gige_vision::gvsp::{Content, Header};
use framewire_gige_vision::BlockId;

/// The line of a packet, after it was read and written back to the same bytes.
pub fn line(datagram: &Datagram) -> String {
    let bytes = &datagram.payload;
    let mut written = Vec::new();
    let line = if datagram.is_command() {
        let command = Command::parse(bytes).expect("a command");
        command.write(&mut written).expect("writes");
        command_line(bytes, &command)
    } else if datagram.is_ack() {
        let ack = Ack::parse(bytes).expect("an acknowledge");
        ack.write(&mut written).expect("writes");
        ack_line(bytes, &ack)
    } else {
        let (header, content) = Header::parse(bytes).expect("a stream packet");
        let content = Content::parse(header.format, content).expect("of an image");
        header.write(&mut written).expect("writes");
        content.write(&mut written);
        stream_line(&header, &content)
    };
    assert_eq!(&written, bytes, "{line}");
    format!("{} {line}", datagram.frame)
}

fn command_line(bytes: &[u8], command: &Command) -> String {
    let (header, body) = CommandHeader::parse(bytes).expect("a header");
    assert_eq!((header.request_id, header.acknowledge()), (command.request_id, command.acknowledge));
    let name = header.code.name().expect("named");
    let head =
        format!("{name} flags={:02x} length={} id={:04x}", header.flags, body.len(), header.request_id);
    let rest = match &command.body {
        CommandBody::Discovery { broadcast_ack } => {
            assert_eq!(*broadcast_ack, header.flags & 0x10 != 0);
            String::new()
        }
        CommandBody::ForceIp(force) => {
            let (mac, ip, mask, gateway) = (force.mac, force.ip, force.subnet_mask, force.gateway);
            format!(" mac={mac} ip={ip} mask={mask} gateway={gateway}")
        }
        CommandBody::Resend(resend) => format!(
            " channel={} block={} first={} last={}",
            resend.stream_channel,
            resend.block.value(),
            resend.first_packet,
            resend.last_packet
        ),
        CommandBody::ReadRegisters(addresses) => format!(" addresses={}", words(addresses)),
        CommandBody::WriteRegisters(writes) => {
            let pair = |write: &_| {
                let framewire_gige_vision::gvcp::RegisterWrite { address, value } = write;
                format!("{address:08x}:{value:08x}")
            };
            format!(" writes={}", writes.iter().map(pair).collect::<Vec<_>>().join(","))
        }
        CommandBody::ReadMemory { address, count } => format!(" address={address:08x} count={count}"),
        CommandBody::WriteMemory { data, .. } => {
            assert_eq!(data.len() + 4, body.len());
            String::new()
        }
    };
    head + &rest
}

fn ack_line(bytes: &[u8], ack: &Ack) -> String {
    let (header, body) = AckHeader::parse(bytes).expect("a header");
    assert_eq!((header.request_id, header.status), (ack.request_id, ack.status));
    let name = header.code.name().expect("named");
    let status = u16::from(header.status);
    let head = format!("{name} status={status:04x} length={} id={:04x}", body.len(), header.request_id);
    let rest = match &ack.body {
        AckBody::Discovery(found) => format!(
            " version={} mode={:08x} mac={} options={:08x} current={:08x} ip={} mask={} gateway={} \"{}\" \"{}\" \"{}\" \"{}\" \"{}\" \"{}\"",
            found.version,
            found.mode.0,
            found.mac,
            found.ip_options.0,
            found.ip_current.0,
            found.ip,
            found.subnet_mask,
            found.gateway,
            found.manufacturer,
            found.model,
            found.device_version,
            found.manufacturer_info,
            found.serial_number,
            found.user_name,
        ),
        AckBody::ForceIp | AckBody::Refused(_) => String::new(),
        AckBody::ReadRegisters(values) => format!(" values={}", words(values)),
        // tshark reads the lower half.
        AckBody::WriteRegisters { index } | AckBody::WriteMemory { index } => {
            format!(" index={}", index & 0xffff)
        }
        AckBody::ReadMemory { address, data } => {
            assert_eq!(data.len() + 4, body.len());
            format!(" address={address:08x}")
        }
        AckBody::Pending { time_to_completion_ms } => format!(" ms={time_to_completion_ms}"),
    };
    head + &rest
}

fn stream_line(header: &Header, content: &Content) -> String {
    assert_eq!(header.format, content.format());
    let name = header.format.name().expect("named");
    let flags = match header.block {
        BlockId::Bits16(_) => String::new(),
        BlockId::Bits64(_) => format!(" flags={:04x}", header.flags.0),
    };
    let (status, block, packet) = (u16::from(header.status), header.block.value(), header.packet);
    let head = format!("{name} status={status:04x}{flags} block={block} packet={packet}");
    head + &match content {
        Content::Leader(leader) => format!(
            " field={:02x} timestamp={} pixel={:08x} sizex={} sizey={} offsetx={} offsety={} paddingx={} paddingy={}",
            leader.field_info,
            leader.timestamp,
            leader.pixel_format.0,
            leader.width,
            leader.height,
            leader.offset_x,
            leader.offset_y,
            leader.padding_x,
            leader.padding_y,
        ),
        Content::Payload(data) => format!(" bytes={}", data.len()),
        Content::Trailer(trailer) => format!(" sizey={}", trailer.height),
    }
}

fn words(words: &[u32]) -> String {
    words.iter().map(|word| format!("{word:08x}")).collect::<Vec<_>>().join(",")
}
