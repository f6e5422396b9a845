//! What is recognised and not supported, and what cannot be: each with its error, in words.

use framewire_gige_vision::gvcp::{
    Ack, AckBody, AckHeader, Code, Command, CommandBody, CommandHeader, Resend,
};
use framewire_gige_vision::gvsp::{Content, Flags, Format, Header, PayloadType, MAX_PACKET_ID};
use framewire_gige_vision::{BlockId, Error, Status, Text};

fn command(code: u16, body: &[u8]) -> Vec<u8> {
    let [high, low] = code.to_be_bytes();
    [&[0x42, 1, high, low, 0, body.len() as u8, 0x12, 0x34], body].concat()
}

fn ack(status: u16, code: u16, body: &[u8]) -> Vec<u8> {
    let ([s, t], [high, low]) = (status.to_be_bytes(), code.to_be_bytes());
    [&[s, t, high, low, 0, body.len() as u8, 0x12, 0x34], body].concat()
}

#[test]
fn events_actions_and_unknown_commands_are_refused_by_name() {
    for code in [Code::EventCmd, Code::EventDataCmd, Code::ActionCmd, Code::Other(0x8001), Code::ReadRegAck] {
        let bytes = command(code.into(), &[0; 12]);
        assert_eq!(Command::parse(&bytes), Err(Error::UnsupportedCode(code)));
        let (header, body) = CommandHeader::parse(&bytes).expect("the header can be read");
        assert_eq!((header.code, header.request_id, body.len()), (code, 0x1234, 12));
    }
    for code in [Code::EventAck, Code::EventDataAck, Code::ActionAck, Code::PacketResendAck, Code::ReadRegCmd]
    {
        let bytes = ack(0, code.into(), &[]);
        assert_eq!(Ack::parse(&bytes), Err(Error::UnsupportedCode(code)));
        let (header, _) = AckHeader::parse(&bytes).expect("the header can be read");
        assert_eq!((header.code, header.request_id), (code, 0x1234));
    }
    assert_eq!(
        Error::UnsupportedCode(Code::EventCmd).to_string(),
        "EVENT_CMD (0xc0) is not supported: of GVCP discovery, force IP, registers, memory and packet resend are"
    );
}

#[test]
fn a_failed_command_may_be_answered_with_the_status_alone() {
    for code in [Code::ReadRegAck, Code::DiscoveryAck, Code::ActionAck, Code::Other(0x8003)] {
        let bytes = ack(0x8001, code.into(), &[]);
        let Ack { status, request_id, body } = Ack::parse(&bytes).expect("an answer");
        assert_eq!((status, request_id, body), (Status::NotImplemented, 0x1234, AckBody::Refused(code)));
    }
    // With a body it is read like any other.
    let bytes = ack(0x8004, 0x0083, &[0, 0, 0, 3]);
    assert_eq!(Ack::parse(&bytes).map(|ack| ack.body), Ok(AckBody::WriteRegisters { index: 3 }));
    // Success without a body is none.
    assert_eq!(
        Ack::parse(&ack(0, 0x0085, &[])),
        Err(Error::Truncated { what: "READMEM_ACK", needed: 4, actual: 0 })
    );
}

fn stream(format: u8, content: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 1, format, 0, 0, 0], content].concat()
}

fn parse(bytes: &[u8]) -> Result<Content<'_>, Error> {
    let (header, content) = Header::parse(bytes)?;
    Content::parse(header.format, content)
}

#[test]
fn packet_formats_but_three_are_refused_by_name() {
    for number in 0..16 {
        let format = Format::from(number);
        let bytes = stream(number, &[0; 36]);
        let known = [Format::Leader, Format::Payload, Format::Trailer].contains(&format);
        let refused = parse(&bytes) == Err(Error::UnsupportedFormat(format));
        assert_eq!(refused, !known, "{format}");
        assert_eq!(Header::parse(&bytes).map(|(header, _)| header.format), Ok(format));
    }
    assert_eq!(
        Error::UnsupportedFormat(Format::MultiPart).to_string(),
        "packet format MULTI-PART (0x7) is not supported: leader, payload and trailer are; switch all-in and multi-part transmission off in the camera"
    );
}

#[test]
fn payload_types_but_plain_images_are_refused_by_name() {
    for number in (0..=0x20).chain(0x4000..=0x4020).chain([0x8000, 0xffff]) {
        let payload = PayloadType::from(number);
        let [high, low] = number.to_be_bytes();
        let content = [&[0, 0, high, low][..], &[0; 32]].concat();
        for format in [1, 2] {
            let result = parse(&stream(format, &content)).map(drop);
            let expected = match payload {
                PayloadType::Image => Ok(()),
                payload => Err(Error::UnsupportedPayload(payload)),
            };
            assert_eq!(result, expected);
        }
    }
    assert_eq!(
        Error::UnsupportedPayload(PayloadType::ImageWithChunks).to_string(),
        "payload type IMAGE with chunk data (0x4001) is not supported: plain images are; switch chunk data, multi-part and compression off in the camera"
    );
}

/// The answer to a resend that a device cannot give.
#[test]
fn a_status_is_read_where_there_is_no_content() {
    let (header, content) = Header::parse(&[0x80, 0x0c, 0, 9, 3, 0, 0, 7]).expect("a header");
    assert_eq!(
        (header.status, header.block, header.packet),
        (Status::PacketUnavailable, BlockId::Bits16(9), 7)
    );
    assert!(header.status.is_error() && content.is_empty());
}

#[test]
fn what_is_no_command_is_told_by_its_first_byte() {
    assert_eq!(Command::parse(&[0x43, 1, 0, 2, 0, 0, 0, 1]), Err(Error::Key { actual: 0x43 }));
    assert_eq!(Command::parse(&[]), Err(Error::Truncated { what: "a GVCP command", needed: 1, actual: 0 }));
    assert_eq!(
        Error::Key { actual: 0 }.to_string(),
        "a GVCP command begins with the key 0x42, this one with 0x00"
    );
}

#[test]
fn lists_end_with_a_whole_entry() {
    assert_eq!(
        Command::parse(&command(0x80, &[0; 6])),
        Err(Error::Ragged { what: "READREG_CMD", bytes: 6, entry: 4 })
    );
    assert_eq!(
        Command::parse(&command(0x82, &[0; 12])),
        Err(Error::Ragged { what: "WRITEREG_CMD", bytes: 12, entry: 8 })
    );
    assert_eq!(
        Ack::parse(&ack(0, 0x81, &[0; 5])),
        Err(Error::Ragged { what: "READREG_ACK", bytes: 5, entry: 4 })
    );
    assert_eq!(
        Error::Ragged { what: "READREG_ACK", bytes: 5, entry: 4 }.to_string(),
        "READREG_ACK has a list of 5 bytes, which is not a multiple of 4"
    );
}

#[test]
fn an_extended_resend_has_a_long_block_id() {
    let mut bytes = command(0x40, &[0; 12]);
    assert!(Command::parse(&bytes).is_ok());
    bytes[1] = 0x10;
    let error = Command::parse(&bytes).expect_err("cut");
    assert_eq!(error, Error::Truncated { what: "PACKETRESEND_CMD", needed: 20, actual: 12 });
    assert_eq!(error.to_string(), "PACKETRESEND_CMD is cut: it has 12 bytes where a field ends at 20");
}

#[test]
fn what_does_not_fit_is_not_written() {
    let mut out = vec![1, 2, 3];
    let body = CommandBody::WriteMemory { address: 0, data: &[0; 537] };
    let error = Command { acknowledge: true, request_id: 1, body }.write(&mut out).expect_err("too long");
    assert_eq!(error, Error::TooLong { what: "WRITEMEM_CMD", bytes: 541, limit: 540 });
    assert_eq!(error.to_string(), "WRITEMEM_CMD of 541 bytes is longer than the 540 that are allowed");
    let body = AckBody::ReadRegisters(vec![0; 20_000]);
    let error = Ack { status: Status::Success, request_id: 1, body }.write(&mut out).expect_err("too long");
    assert_eq!(error, Error::TooLong { what: "READREG_ACK", bytes: 80_000, limit: 540 });
    let id = MAX_PACKET_ID + 1;
    for (first_packet, last_packet) in [(id, 1), (1, id)] {
        let resend = Resend { stream_channel: 0, block: BlockId::Bits16(1), first_packet, last_packet };
        let command = Command { acknowledge: false, request_id: 1, body: CommandBody::Resend(resend) };
        assert_eq!(command.write(&mut out), Err(Error::PacketId { id }));
    }
    let (status, flags, block) = (Status::Success, Flags::default(), BlockId::Bits16(1));
    let header = Header { status, flags, block, packet: id, format: Format::Payload };
    assert_eq!(header.write(&mut out), Err(Error::PacketId { id }));
    assert_eq!(
        Error::PacketId { id }.to_string(),
        "packet id 16777216 needs more than the 24 bits of a standard header; use larger packets or extended ids"
    );
    assert_eq!(out, [1, 2, 3]);
    assert_eq!(
        Text::<16>::new("0123456789abcdef"),
        Err(Error::TooLong { what: "text", bytes: 16, limit: 15 })
    );
    assert_eq!(Text::<0>::new(""), Err(Error::TooLong { what: "text", bytes: 0, limit: 0 }));
}

#[test]
fn a_text_of_another_character_set_is_still_shown() {
    assert_eq!(Text::from_bytes(*b"caf\xe9 1\0rest").to_string(), "caf\u{fffd} 1");
    assert_eq!(Text::from_bytes([b'x'; 4]).to_string(), "xxxx");
    assert_eq!(Text::<4>::default().to_string(), "");
    assert_eq!(format!("{:?}", Text::from_bytes(*b"a\"b\0")), "\"a\\\"b\"");
}
