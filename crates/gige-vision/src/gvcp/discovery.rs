use crate::bootstrap::{DeviceMode, IpConfig, SpecVersion};
use crate::reader::Reader;
use crate::{Error, MacAddress, Text};
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// Who a device is: its bootstrap registers 0x0000 to 0x00F7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryAck {
    /// Version of GigE Vision.
    pub version: SpecVersion,
    /// Byte order, class, character set.
    pub mode: DeviceMode,
    /// Of the interface that answers; zero from some simulators.
    pub mac: MacAddress,
    /// The ways to an IP address that the device knows.
    pub ip_options: IpConfig,
    /// The ways that are switched on.
    pub ip_current: IpConfig,
    /// The device's address, which may lie in another subnet than the host.
    pub ip: Ipv4Addr,
    /// Of its subnet.
    pub subnet_mask: Ipv4Addr,
    /// 0.0.0.0 where there is none.
    pub gateway: Ipv4Addr,
    /// Manufacturer's name.
    pub manufacturer: Text<32>,
    /// Model name.
    pub model: Text<32>,
    /// Version of the device.
    pub device_version: Text<32>,
    /// What the manufacturer wants to add.
    pub manufacturer_info: Text<48>,
    /// Serial number; empty where the device has none.
    pub serial_number: Text<16>,
    /// The name that a user gave it; empty where there is none.
    pub user_name: Text<16>,
}

impl DiscoveryAck {
    /// Bytes of these registers.
    pub const BYTES: usize = 248;

    /// The registers, from an acknowledge or read from a device's memory.
    pub fn parse(registers: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("DISCOVERY_ACK", registers);
        let version = SpecVersion { major: reader.u16()?, minor: reader.u16()? };
        let mode = DeviceMode(reader.u32()?);
        reader.skip::<2>()?;
        let mac = reader.mac()?;
        let ip_options = IpConfig(reader.u32()?);
        let ip_current = IpConfig(reader.u32()?);
        reader.skip::<12>()?;
        let ip = reader.ip()?;
        reader.skip::<12>()?;
        let subnet_mask = reader.ip()?;
        reader.skip::<12>()?;
        let gateway = reader.ip()?;
        Ok(Self {
            version,
            mode,
            mac,
            ip_options,
            ip_current,
            ip,
            subnet_mask,
            gateway,
            manufacturer: reader.text()?,
            model: reader.text()?,
            device_version: reader.text()?,
            manufacturer_info: reader.text()?,
            serial_number: reader.text()?,
            user_name: reader.text()?,
        })
    }

    /// Append the registers to `out`, as a device's memory begins.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.version.major.to_be_bytes());
        out.extend(self.version.minor.to_be_bytes());
        out.extend(self.mode.0.to_be_bytes());
        out.extend([0; 2]);
        out.extend(self.mac.0);
        out.extend(self.ip_options.0.to_be_bytes());
        out.extend(self.ip_current.0.to_be_bytes());
        for address in [self.ip, self.subnet_mask, self.gateway] {
            out.extend([0; 12]);
            out.extend(address.octets());
        }
        out.extend(self.manufacturer.as_bytes());
        out.extend(self.model.as_bytes());
        out.extend(self.device_version.as_bytes());
        out.extend(self.manufacturer_info.as_bytes());
        out.extend(self.serial_number.as_bytes());
        out.extend(self.user_name.as_bytes());
    }
}
