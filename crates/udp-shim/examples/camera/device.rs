//! The control channel: registers, and what writing them does.

use crate::stream::{Plan, Stream};
use framewire_gige_vision::bootstrap::{
    DeviceMode, GvcpCapability, IpConfig, PacketSize, Register, SpecVersion, StreamChannel, XmlUrl,
};
use framewire_gige_vision::gvcp::{
    Ack, AckBody, Command, CommandBody, CommandHeader, DiscoveryAck, Resend, PORT,
};
use framewire_gige_vision::{BlockId, MacAddress, PixelFormat, Status, Text};
use nix::sys::socket::{setsockopt, sockopt};
use nix::{setsockopt_impl, sockopt_impl};
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::{Arc, Mutex};

const CHANNEL: StreamChannel = StreamChannel::new(0).expect("it is the first");
/// The camera's own registers, as description.xml has them.
const WIDTH: u32 = 0xa000;
const HEIGHT: u32 = 0xa004;
const PIXEL_FORMAT: u32 = 0xa008;
const PAYLOAD_SIZE: u32 = 0xa00c;
const ACQUISITION: u32 = 0xa010;
const XML: &str = include_str!("description.xml");
const XML_AT: u32 = 0x10000;
const MEMORY_BYTES: usize = 0x20000;

sockopt_impl!(
    /// Whether packets may be cut into fragments.
    MtuDiscovery,
    SetOnly,
    nix::libc::IPPROTO_IP,
    nix::libc::IP_MTU_DISCOVER,
    i32
);

/// The control channel of the camera.
pub struct Device {
    identity: DiscoveryAck,
    memory: Vec<u8>,
    control: UdpSocket,
    plan: Arc<Mutex<Plan>>,
    stream: Option<Stream>,
    address: Ipv4Addr,
    size: [u32; 2],
}

impl Device {
    pub fn new(address: Ipv4Addr, width: u32, height: u32, plan: Arc<Mutex<Plan>>) -> Self {
        let identity = DiscoveryAck {
            version: SpecVersion { major: 2, minor: 0 },
            mode: DeviceMode::CAMERA,
            mac: MacAddress([2, 0, 0, 0, 0, 1]),
            ip_options: IpConfig::LINK_LOCAL,
            ip_current: IpConfig::LINK_LOCAL,
            ip: address,
            subnet_mask: Ipv4Addr::new(255, 255, 255, 0),
            gateway: Ipv4Addr::UNSPECIFIED,
            manufacturer: text("framewire"),
            model: text("Native sender"),
            device_version: text("1"),
            manufacturer_info: text(""),
            serial_number: text("NATIVE"),
            user_name: text(""),
        };
        let mut registers = Vec::new();
        identity.write(&mut registers);
        registers.resize(MEMORY_BYTES, 0);
        // Broadcasts are not heard by a socket of one address.
        let control = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).expect("port 3956 is free");
        let size = [width, height];
        let mut device = Self { identity, memory: registers, control, plan, stream: None, address, size };
        let url = XmlUrl::Local { name: "sender.xml", address: XML_AT, length: XML.len() as u32 };
        device.put(Register::FIRST_URL.address, url.to_string().as_bytes());
        device.put(XML_AT, XML.as_bytes());
        let capability = GvcpCapability::SERIAL_NUMBER.0
            | GvcpCapability::PACKET_RESEND.0
            | GvcpCapability::WRITE_MEMORY.0
            | GvcpCapability::CONCATENATION.0;
        for (address, value) in [
            (Register::NETWORK_INTERFACES.address, 1),
            (Register::STREAM_CHANNELS.address, 1),
            (Register::GVCP_CAPABILITY.address, capability),
            (Register::HEARTBEAT_TIMEOUT.address, 3000),
            (Register::TIMESTAMP_FREQUENCY_LOW.address, 1_000_000_000),
            (CHANNEL.packet_size().address, 1500),
            (WIDTH, width),
            (HEIGHT, height),
            (PIXEL_FORMAT, PixelFormat::MONO_8.0),
            (PAYLOAD_SIZE, width * height),
        ] {
            device.put(address, &value.to_be_bytes());
        }
        device
    }

    /// Answer commands for good.
    pub fn serve(&mut self) {
        println!("ready");
        let mut datagram = [0; 1024];
        loop {
            let (bytes, host) = self.control.recv_from(&mut datagram).expect("the socket receives");
            if let Some(answer) = datagram.get(..bytes).and_then(|datagram| self.answer(datagram)) {
                self.control.send_to(&answer, host).expect("the host can be sent to");
            }
        }
    }

    fn answer(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let Ok(Command { acknowledge, request_id, body }) = Command::parse(datagram) else {
            let (CommandHeader { code, request_id, .. }, _) = CommandHeader::parse(datagram).ok()?;
            let body = AckBody::Refused(code.acknowledge());
            Ack { status: Status::NotImplemented, request_id, body }.write(&mut out).ok()?;
            return Some(out);
        };
        let read;
        let body = match body {
            CommandBody::Discovery { .. } => AckBody::Discovery(Box::new(self.identity.clone())),
            CommandBody::ForceIp(_) => return None,
            CommandBody::Resend(Resend { block, first_packet, last_packet, .. }) => {
                if let (Some(stream), BlockId::Bits16(id)) = (&mut self.stream, block) {
                    stream.resend(id, first_packet, last_packet);
                }
                return None;
            }
            CommandBody::ReadRegisters(addresses) => {
                AckBody::ReadRegisters(addresses.iter().map(|&address| self.word(address)).collect())
            }
            CommandBody::WriteRegisters(writes) => {
                for write in &writes {
                    self.write(write.address, write.value);
                }
                AckBody::WriteRegisters { index: writes.len() as u32 }
            }
            CommandBody::ReadMemory { address, count } => {
                read = self.get(address, count.into());
                AckBody::ReadMemory { address, data: &read }
            }
            CommandBody::WriteMemory { address, data } => {
                for (at, word) in (address..).step_by(4).zip(data.as_chunks().0) {
                    self.write(at, u32::from_be_bytes(*word));
                }
                AckBody::WriteMemory { index: data.len() as u32 }
            }
        };
        Ack { status: Status::Success, request_id, body }.write(&mut out).ok()?;
        acknowledge.then_some(out)
    }

    fn write(&mut self, address: u32, value: u32) {
        self.put(address, &value.to_be_bytes());
        if address == CHANNEL.packet_size().address {
            let wanted = PacketSize(value);
            self.put(address, &(value & !PacketSize::FIRE_TEST.0).to_be_bytes());
            if wanted.contains(PacketSize::FIRE_TEST) {
                // Where it is too long for the link it is lost, as it should be.
                let _ = self.stream_socket().send(&vec![0; usize::from(wanted.bytes()).saturating_sub(28)]);
            }
        } else if address == CHANNEL.port().address && value == 0 || address == ACQUISITION {
            self.stream = None;
            if address == ACQUISITION && value == 1 {
                let plan = *self.plan.lock().expect("nobody panicked");
                let [width, height] = self.size;
                let packet_size = PacketSize(self.word(CHANNEL.packet_size().address)).bytes();
                self.stream = Some(Stream::start(self.stream_socket(), plan, width, height, packet_size));
            }
        }
    }

    /// A socket to where the host wants the stream; it cuts no packet.
    fn stream_socket(&self) -> UdpSocket {
        let socket = UdpSocket::bind((self.address, 0)).expect("the address is this host's");
        setsockopt(&socket, sockopt::SndBuf, &(4 << 20)).expect("a send buffer");
        setsockopt(&socket, MtuDiscovery, &nix::libc::IP_PMTUDISC_DO).expect("whole packets");
        let host = Ipv4Addr::from(self.word(CHANNEL.destination().address));
        let port = self.word(CHANNEL.port().address) as u16;
        socket.connect((host, port)).expect("the host can be reached");
        socket
    }

    fn put(&mut self, address: u32, bytes: &[u8]) {
        let start = address as usize;
        if let Some(place) = self.memory.get_mut(start..start.saturating_add(bytes.len())) {
            place.copy_from_slice(bytes);
        }
    }

    /// What is at `address`; zeros where the camera has no memory.
    fn get(&self, address: u32, count: usize) -> Vec<u8> {
        let start = address as usize;
        self.memory.get(start..start.saturating_add(count)).map_or(vec![0; count], <[u8]>::to_vec)
    }

    fn word(&self, address: u32) -> u32 {
        self.get(address, 4).try_into().map_or(0, u32::from_be_bytes)
    }
}

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).expect("it is short")
}
