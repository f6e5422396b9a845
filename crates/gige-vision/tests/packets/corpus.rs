//! The corpora of the fuzz targets: each file is named after its defect and ends in that error.

use crate::property;
use framewire_gige_vision::gvcp::Code;
use framewire_gige_vision::gvsp::{Format, PayloadType};
use framewire_gige_vision::Error;
use std::collections::BTreeMap;
use std::path::Path;

/// Every file of the target has to end as `expected` says; those named `sound-...` have no error.
fn check(target: &str, property: fn(&[u8]) -> Result<(), Error>, expected: &[(&str, Error)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(folder).expect("the corpus") {
        let file = file.expect("a file");
        let name = file.file_name().into_string().expect("a name");
        let result = property(&std::fs::read(file.path()).expect("readable"));
        match (result, name.starts_with("sound-")) {
            (Ok(()), true) => {}
            (Err(error), false) => drop(found.insert(name, error)),
            (result, _) => panic!("{target}/{name}: {result:?}"),
        }
    }
    assert_eq!(found, expected.iter().map(|&(name, error)| (name.to_string(), error)).collect());
}

const fn cut(what: &'static str, needed: usize, actual: usize) -> Error {
    Error::Truncated { what, needed, actual }
}

const fn ragged(what: &'static str, bytes: usize, entry: usize) -> Error {
    Error::Ragged { what, bytes, entry }
}

#[test]
fn commands() {
    check(
        "command",
        property::command,
        &[
            ("empty", cut("a GVCP command", 1, 0)),
            ("key-of-nothing", Error::Key { actual: 0x43 }),
            ("header-cut", cut("a GVCP command", 8, 7)),
            ("length-beyond-the-datagram", Error::Length { what: "READMEM_CMD", stated: 12, actual: 8 }),
            ("length-beyond-the-standard", Error::TooLong { what: "WRITEMEM_CMD", bytes: 541, limit: 540 }),
            ("length-short-of-the-fields", cut("READMEM_CMD", 8, 6)),
            ("force-ip-cut-in-the-gateway", cut("FORCEIP_CMD", 56, 54)),
            ("addresses-ragged", ragged("READREG_CMD", 6, 4)),
            ("half-a-write", ragged("WRITEREG_CMD", 12, 8)),
            ("memory-without-count", cut("READMEM_CMD", 6, 4)),
            ("memory-without-address", cut("WRITEMEM_CMD", 4, 0)),
            ("resend-without-long-id", cut("PACKETRESEND_CMD", 20, 12)),
            ("event", Error::UnsupportedCode(Code::EventCmd)),
            ("event-with-data", Error::UnsupportedCode(Code::EventDataCmd)),
            ("action", Error::UnsupportedCode(Code::ActionCmd)),
            ("action-at-a-time", Error::UnsupportedCode(Code::ActionCmd)),
            ("acknowledge-as-command", Error::UnsupportedCode(Code::ReadRegAck)),
            ("command-of-a-manufacturer", Error::UnsupportedCode(Code::Other(0x8000))),
        ],
    );
}

#[test]
fn acknowledges() {
    check(
        "ack",
        property::ack,
        &[
            ("empty", cut("a GVCP acknowledge", 2, 0)),
            ("header-cut", cut("a GVCP acknowledge", 6, 5)),
            ("length-beyond-the-datagram", Error::Length { what: "READMEM_ACK", stated: 12, actual: 8 }),
            ("length-beyond-the-standard", Error::TooLong { what: "READMEM_ACK", bytes: 600, limit: 540 }),
            ("discovery-cut-in-a-text", cut("DISCOVERY_ACK", 104, 100)),
            ("values-ragged", ragged("READREG_ACK", 7, 4)),
            ("memory-without-address", cut("READMEM_ACK", 4, 2)),
            ("pending-without-time", cut("PENDING_ACK", 4, 2)),
            ("success-without-body", cut("WRITEREG_ACK", 4, 0)),
            ("event", Error::UnsupportedCode(Code::EventAck)),
            ("action", Error::UnsupportedCode(Code::ActionAck)),
            ("resend", Error::UnsupportedCode(Code::PacketResendAck)),
            ("command-as-acknowledge", Error::UnsupportedCode(Code::ReadRegCmd)),
        ],
    );
}

#[test]
fn streams() {
    check(
        "stream",
        property::stream,
        &[
            ("empty", cut("a GVSP packet", 2, 0)),
            ("header-cut", cut("a GVSP packet", 8, 6)),
            ("extended-header-cut", cut("a GVSP packet", 20, 19)),
            ("leader-cut", cut("a GVSP leader", 36, 35)),
            ("leader-without-payload-type", cut("a GVSP leader", 4, 3)),
            ("trailer-cut", cut("a GVSP trailer", 8, 6)),
            ("leader-of-chunks", Error::UnsupportedPayload(PayloadType::ImageWithChunks)),
            ("leader-of-parts", Error::UnsupportedPayload(PayloadType::MultiPart)),
            ("leader-of-a-jpeg", Error::UnsupportedPayload(PayloadType::Jpeg)),
            ("leader-of-a-manufacturer", Error::UnsupportedPayload(PayloadType::Other(0x8000))),
            ("trailer-of-chunks", Error::UnsupportedPayload(PayloadType::ChunkData)),
            ("format-zero", Error::UnsupportedFormat(Format::Other(0))),
            ("all-in", Error::UnsupportedFormat(Format::AllIn)),
            ("part-of-many", Error::UnsupportedFormat(Format::MultiPart)),
        ],
    );
}

#[test]
fn urls() {
    let url = |reason| Error::Url { reason };
    check(
        "url",
        property::url,
        &[
            ("no-scheme", url("it has no scheme")),
            ("scheme-of-nobody", url("its scheme is none of Local, File and http")),
            ("no-length", url("it states no length")),
            ("no-address", url("it states no address and length")),
            ("no-name", url("it names no file")),
            ("address-with-a-sign", url("its address is not a hex number of 32 bits")),
            ("address-of-33-bits", url("its address is not a hex number of 32 bits")),
            ("length-without-digits", url("its length is not a hex number of 32 bits")),
            ("not-utf-8", url("it is not UTF-8")),
            ("file-of-nothing", url("it names no file")),
            ("host-of-nothing", url("it names no host")),
        ],
    );
}
