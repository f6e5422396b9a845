//! Captures as datagrams: classic pcap, Ethernet, IPv4, UDP.

use std::path::{Path, PathBuf};

/// A UDP datagram of a capture.
pub struct Datagram {
    /// Its number in the capture, from 1 on.
    pub frame: usize,
    pub source: u16,
    pub destination: u16,
    pub payload: Vec<u8>,
}

impl Datagram {
    /// Control packets go to or come from port 3956; all others of these captures are streams.
    pub fn is_command(&self) -> bool {
        self.destination == framewire_gige_vision::gvcp::PORT
    }

    pub fn is_ack(&self) -> bool {
        self.source == framewire_gige_vision::gvcp::PORT
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

/// Every capture made by other programs, by name.
pub fn golden() -> Vec<(String, Vec<Datagram>)> {
    let files = std::fs::read_dir(folder()).expect("the captures are there");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| {
        path.extension().is_some_and(|e| e == "pcap") && path.file_stem() != Some("ours".as_ref())
    });
    paths.sort();
    let stem = |path: &Path| path.file_stem().expect("named").to_string_lossy().into_owned();
    paths.iter().map(|path| (stem(path), read(&std::fs::read(path).expect("readable")))).collect()
}

/// The UDP datagrams of a capture.
pub fn read(pcap: &[u8]) -> Vec<Datagram> {
    assert_eq!(pcap[..4], [0xd4, 0xc3, 0xb2, 0xa1], "a little-endian pcap");
    assert_eq!(pcap[20..24], [1, 0, 0, 0], "of Ethernet");
    let (mut rest, mut found) = (&pcap[24..], Vec::new());
    for frame in 1.. {
        let Some((head, tail)) = rest.split_first_chunk::<16>() else { return found };
        let length = u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize;
        found.extend(datagram(frame, &tail[..length]));
        rest = &tail[length..];
    }
    found
}

fn datagram(frame: usize, ethernet: &[u8]) -> Option<Datagram> {
    let word = |bytes: &[u8], at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let (ip, ipv4) = (&ethernet[14..], 0x0800);
    if word(ethernet, 12) != ipv4 || ip[9] != 17 {
        return None;
    }
    assert_eq!(word(ip, 6) & 0x3fff, 0, "no fragments");
    let udp = &ip[usize::from(ip[0] & 0xf) * 4..];
    let payload = udp[8..usize::from(word(udp, 4))].to_vec();
    Some(Datagram { frame, source: word(udp, 0), destination: word(udp, 2), payload })
}

/// A capture of these datagrams (source port, destination port, payload), all at time 0.
pub fn write(datagrams: &[(u16, u16, Vec<u8>)]) -> Vec<u8> {
    let mut pcap = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0];
    for (source, destination, payload) in datagrams {
        let (device, host) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let to_device = *destination == framewire_gige_vision::gvcp::PORT;
        let (from, to) = if to_device { (host, device) } else { (device, host) };
        let udp = payload.len() as u16 + 8;
        let mut packet = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
        packet.extend((udp + 20).to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
        packet.extend([from, to].concat());
        for word in [*source, *destination, udp, 0] {
            packet.extend(word.to_be_bytes());
        }
        packet.extend(payload);
        pcap.extend([0; 8]);
        for length in [packet.len() as u32; 2] {
            pcap.extend(length.to_le_bytes());
        }
        pcap.extend(packet);
    }
    pcap
}
