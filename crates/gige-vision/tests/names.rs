//! Numbers and names against those that tshark has for them (`captures/names.tsv`).

use framewire_gige_vision::bootstrap::{
    ControlPrivilege, DeviceMode, GvcpCapability, GvcpConfiguration, GvspCapability, GvspConfiguration,
    IpConfig, PacketSize, Register, StreamCapability, StreamChannel, StreamConfiguration, StreamPort,
    TimestampControl,
};
use framewire_gige_vision::gvcp::Code;
use framewire_gige_vision::gvsp::{Format, PayloadType};
use framewire_gige_vision::{Packing, PixelFormat, Status};
use std::collections::BTreeMap;

/// A table of tshark's: name by number.
fn table(kind: &str) -> BTreeMap<u32, String> {
    rows(kind).into_iter().collect()
}

fn rows(kind: &str) -> Vec<(u32, String)> {
    let row = |row: &str| {
        let [found, number, name] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let number = u32::from_str_radix(number.trim_start_matches("0x"), 16).expect("a number");
        (found == kind).then(|| (number, name.to_string()))
    };
    include_str!("captures/names.tsv").lines().filter_map(row).collect()
}

#[test]
fn statuses_and_codes_are_all_there() {
    let statuses: BTreeMap<u32, String> = Status::ALL
        .iter()
        .map(|&status| (u16::from(status).into(), format!("GEV_STATUS_{}", status.name().expect("named"))))
        .collect();
    let known = table("status").into_iter().map(|(n, name)| (n, name.replace(" (deprecated)", ""))).collect();
    assert_eq!(statuses, known);
    let codes: BTreeMap<u32, String> = Code::ALL
        .iter()
        .map(|&code| (u16::from(code).into(), code.name().expect("named").to_string()))
        .collect();
    assert_eq!(codes, table("code"));
}

#[test]
fn numbers_without_a_name_are_kept() {
    for number in 0..=u16::MAX {
        assert_eq!(u16::from(Status::from(number)), number);
        assert_eq!(u16::from(Code::from(number)), number);
        assert_eq!(u16::from(PayloadType::from(number)), number);
        assert_eq!(Status::from(number).is_error(), number >= 0x8000);
    }
    for number in 0..=u8::MAX {
        assert_eq!(u8::from(Format::from(number)), number);
    }
    assert_eq!(Status::from(0x8abc).to_string(), "0x8abc");
    assert_eq!(Status::AccessDenied.to_string(), "ACCESS_DENIED (0x8006)");
}

#[test]
fn acknowledges_answer_their_commands() {
    for (command, acknowledge) in [
        (Code::DiscoveryCmd, Code::DiscoveryAck),
        (Code::ForceIpCmd, Code::ForceIpAck),
        (Code::ReadRegCmd, Code::ReadRegAck),
        (Code::WriteMemCmd, Code::WriteMemAck),
        (Code::ActionCmd, Code::ActionAck),
        (Code::Other(0x9000), Code::Other(0x9001)),
    ] {
        assert_eq!(command.acknowledge(), acknowledge);
    }
}

#[test]
fn formats_and_payload_types_are_all_there() {
    for (number, name) in table("format") {
        let format = Format::from((number & 0x7f) as u8);
        let name = name.replace(" (ext IDs)", "").replace("ALL-IN", "ALLIN");
        assert_eq!(format.name(), Some(name.as_str()));
    }
    assert_eq!(Format::ALL.len() * 2, table("format").len());
    for (number, name) in table("payload") {
        // "v2.0 chunks?": the obsolete form with the bit of its successor, which no device can send.
        if number == 0x4005 {
            continue;
        }
        let found = PayloadType::from(number as u16).name().expect("named");
        let base = name.split(" (").next().expect("a name");
        assert_eq!(found.trim_end_matches(" with chunk data"), if number == 4 { "CHUNK DATA" } else { base });
        assert_eq!(found.ends_with("chunk data"), number & 0x4000 != 0);
    }
    assert_eq!(PayloadType::ALL.len(), table("payload").len() - 1);
}

#[test]
fn registers_lie_where_tshark_has_them() {
    let known = table("register");
    for register in Register::ALL {
        let found = known.get(&register.address).unwrap_or_else(|| panic!("{}", register.name));
        let name =
            found.trim_matches(['[', ']']).replace(" (Net #0)", "").replace(" (Net# 0)", "").to_lowercase();
        // Words that both have: tshark's labels are longer or shorter by one or two.
        let words: Vec<String> = register.name.to_lowercase().split(' ').map(str::to_string).collect();
        let common = words.iter().filter(|word| name.contains(word.as_str())).count();
        assert!(common * 3 >= words.len() * 2, "{} is {found}", register.name);
    }
    let mut addresses: Vec<u32> = Register::ALL.iter().map(|register| register.address).collect();
    addresses.dedup();
    assert!(addresses.is_sorted() && addresses.len() == Register::ALL.len());
    for pair in Register::ALL.windows(2) {
        assert!(pair[0].address + u32::from(pair[0].length) <= pair[1].address, "{}", pair[0].name);
    }
}

#[test]
fn registers_of_stream_channels_lie_where_tshark_has_them() {
    let known = table("register");
    for index in 0..4 {
        let channel = StreamChannel::new(index).expect("a channel");
        for (register, name) in [
            (channel.port(), "SCP"),
            (channel.packet_size(), "SCPS"),
            (channel.packet_delay(), "SCPD"),
            (channel.destination(), "SCDA"),
            (channel.source_port(), "SCSP"),
            (channel.capability(), "SCC"),
            (channel.configuration(), "SCCONF"),
        ] {
            let found = &known[&register.address];
            assert!(found.starts_with(&format!("[{name}{index} ")), "{} is {found}", register.name);
        }
    }
    assert_eq!(StreamChannel::new(511).map(|last| last.port().address), Some(0x8cc0));
    assert_eq!(StreamChannel::new(512), None);
}

#[test]
fn bits_are_those_of_tshark() {
    let known: BTreeMap<String, u32> = rows("bit").into_iter().map(|(mask, name)| (name, mask)).collect();
    macro_rules! same {
        ($register:ident $prefix:literal $($name:literal $bit:ident)*) => {
            $(assert_eq!(known[concat!($prefix, ".", $name)], $register::$bit.0, concat!($prefix, ".", $name));)*
        };
    }
    same! { IpConfig "ipconfig"
    "persistentip" PERSISTENT_IP "dhcp" DHCP "lla" LINK_LOCAL
    "canhandlepauseframes" OBEYS_PAUSE "cangeneratepauseframes" SENDS_PAUSE }
    same! { GvcpCapability "capability"
    "userdefined" USER_DEFINED_NAME "serialnumber" SERIAL_NUMBER "heartbeatdisabled" HEARTBEAT_DISABLE
    "linkspeed" LINK_SPEED "ccpapplicationportip" PRIMARY_APPLICATION "manifesttable" MANIFEST_TABLE
    "testdata" TEST_DATA "discoveryackdelay" DISCOVERY_ACK_DELAY
    "writablediscoveryackdelay" WRITABLE_DISCOVERY_ACK_DELAY
    "extendedstatuscodesupportedv1_1" EXTENDED_STATUS_1_1 "primaryapplicationswitchover" SWITCHOVER
    "unconditionalactioncommand" UNCONDITIONAL_ACTION "ieee1588" IEEE_1588
    "pendingextendedstatuscodev2_0" EXTENDED_STATUS_2_0 "scheduledactioncommand" SCHEDULED_ACTION
    "actioncommand" ACTION "pendingack" PENDING_ACK "eventdata" EVENT_DATA "eventsignal" EVENT
    "packetresendcmd" PACKET_RESEND "writemem" WRITE_MEMORY "concatenation" CONCATENATION }
    same! { GvcpConfiguration "config"
    "ieee1588enable" IEEE_1588 "statuscodesv2_0enable" EXTENDED_STATUS_2_0
    "unconditionalactioncommandenable" UNCONDITIONAL_ACTION "statuscodesv1_1enable" EXTENDED_STATUS_1_1
    "pendingackenable" PENDING_ACK "heartbeatdisable" HEARTBEAT_DISABLE }
    same! { GvspCapability "sccaps" "scspxregistersupported" SOURCE_PORT "16bitblockidsupported" BLOCK_ID_16 }
    same! { GvspConfiguration "gvcspconfig" "64bitblockidenable" BLOCK_ID_64 }
    same! { TimestampControl "timestampcontrol" "latch" LATCH "reset" RESET }
    same! { ControlPrivilege "control"
    "switchoverenable" SWITCHOVER "controlaccess" CONTROL "exclusiveaccess" EXCLUSIVE }
    same! { PacketSize "scpsx"
    "firetestpacket" FIRE_TEST "donotfragment" DO_NOT_FRAGMENT "pixelendianness" BIG_ENDIAN_PIXELS }
    same! { StreamCapability "sccx"
    "biglittleendiansupported" BOTH_BYTE_ORDERS "ipreassemblysupported" IP_REASSEMBLY "gendcsupported" GENDC
    "multipartsupported" MULTI_PART "largeleadertrailersupported" LARGE_LEADER
    "multizonesupported" MULTI_ZONE "resenddestinationoptionsupported" RESEND_DESTINATION
    "allintransmissionsupported" ALL_IN "unconditionalstreamingsupported" UNCONDITIONAL_STREAMING
    "extendedchunkdatasupported" EXTENDED_CHUNK_DATA }
    same! { StreamConfiguration "sccfgx"
    "gendcenabled" GENDC "multipartenabled" MULTI_PART "largeleadertrailerenabled" LARGE_LEADER
    "resenddestinationoptionenabled" RESEND_DESTINATION "allintransmissionenabled" ALL_IN
    "unconditionalstreamingenabled" UNCONDITIONAL_STREAMING "extendedchunkdataenabled" EXTENDED_CHUNK_DATA }
    assert!(
        DeviceMode(known["devicemode.endianness"]).is_big_endian()
            && !DeviceMode(0x7fff_ffff).is_big_endian()
    );
}

#[test]
fn words_of_registers_are_read_and_changed() {
    let size = PacketSize(0xc000_0240);
    assert!(size.contains(PacketSize::FIRE_TEST | PacketSize::DO_NOT_FRAGMENT));
    let quiet = size.with(PacketSize::FIRE_TEST, false).with_bytes(9000);
    assert_eq!((quiet.0, quiet.bytes()), (0x4000_2328, 9000));
    assert_eq!(PacketSize(0x0001_ffff).with_bytes(1500).0, 0x0001_05dc);
    assert_eq!(quiet.with(PacketSize::BIG_ENDIAN_PIXELS, true).0, 0x6000_2328);
    let port = StreamPort(0x8003_c350);
    assert_eq!((port.port(), port.interface()), (50_000, 3));
    assert_eq!(StreamPort::to(50_000).0, 50_000);
    assert_eq!(ControlPrivilege(0x1234_0006).switchover_key(), 0x1234);
    let mode = DeviceMode(0x9300_0002);
    assert_eq!((mode.is_big_endian(), mode.class(), mode.character_set()), (true, 1, 2));
    assert_eq!((DeviceMode::CAMERA.class(), DeviceMode::CAMERA.character_set()), (0, 1));
}

#[test]
fn pixel_formats_have_tsharks_names_and_bits() {
    let known = table("pixel");
    for &format in PixelFormat::NAMED {
        let label = known.get(&format.0).unwrap_or_else(|| panic!("{format}"));
        let name = label.split(' ').next().expect("a name").trim_start_matches("GVSP_");
        assert_eq!(format.name(), Some(name));
        assert_eq!(label.starts_with("GVSP_"), format.packing() == Some(Packing::GigE), "{label}");
        assert_eq!(name.ends_with('p'), format.packing() == Some(Packing::Lsb), "{label}");
        let digits = name
            .trim_end_matches('p')
            .trim_end_matches("Packed")
            .trim_start_matches(|c: char| !c.is_ascii_digit());
        assert_eq!(format.significant_bits(), digits.parse().ok(), "{label}");
        let components = if name.starts_with("RGB") || name.starts_with("BGR") {
            3 + u64::from(name.contains('a'))
        } else {
            1
        };
        let bits = u64::from(format.significant_bits().expect("known"));
        let taken = match format.packing().expect("known") {
            Packing::Unpacked => bits.next_multiple_of(8),
            Packing::Lsb => bits,
            Packing::GigE => 12,
        };
        assert_eq!(format.bits_per_pixel(), components * taken, "{label}");
    }
}

#[test]
fn an_unknown_pixel_format_still_tells_its_size() {
    let format = PixelFormat(0x8123_4567);
    assert_eq!((format.name(), format.packing(), format.significant_bits()), (None, None, None));
    assert_eq!((format.bits_per_pixel(), format.to_string().as_str()), (0x23, "0x81234567"));
    assert_eq!(format!("{:?}", PixelFormat::MONO_12P), "Mono12p");
}
