//! Who a device is, as an object.

use framewire_gige_vision::bootstrap::{DeviceMode, IpConfig, SpecVersion};
use framewire_gige_vision::gvcp::DiscoveryAck;
use framewire_gige_vision::{MacAddress, Text};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// `DeviceIdentity` of TypeScript.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    version: String,
    mac: String,
    address: String,
    netmask: String,
    gateway: String,
    manufacturer: String,
    model: String,
    device_version: String,
    manufacturer_info: String,
    serial_number: String,
    user_name: String,
}

impl From<&DiscoveryAck> for Identity {
    fn from(device: &DiscoveryAck) -> Self {
        Self {
            version: device.version.to_string(),
            mac: device.mac.to_string(),
            address: device.ip.to_string(),
            netmask: device.subnet_mask.to_string(),
            gateway: device.gateway.to_string(),
            manufacturer: device.manufacturer.to_string(),
            model: device.model.to_string(),
            device_version: device.device_version.to_string(),
            manufacturer_info: device.manufacturer_info.to_string(),
            serial_number: device.serial_number.to_string(),
            user_name: device.user_name.to_string(),
        }
    }
}

impl TryFrom<&Identity> for DiscoveryAck {
    type Error = String;

    /// A camera that knows every way to an address and has one that was given to it.
    fn try_from(identity: &Identity) -> Result<Self, String> {
        Ok(Self {
            version: version(&identity.version)?,
            mode: DeviceMode::CAMERA,
            mac: mac(&identity.mac)?,
            ip_options: IpConfig::PERSISTENT_IP | IpConfig::DHCP | IpConfig::LINK_LOCAL,
            ip_current: IpConfig::PERSISTENT_IP | IpConfig::LINK_LOCAL,
            ip: ip(&identity.address)?,
            subnet_mask: ip(&identity.netmask)?,
            gateway: ip(&identity.gateway)?,
            manufacturer: text("manufacturer", &identity.manufacturer)?,
            model: text("model", &identity.model)?,
            device_version: text("deviceVersion", &identity.device_version)?,
            manufacturer_info: text("manufacturerInfo", &identity.manufacturer_info)?,
            serial_number: text("serialNumber", &identity.serial_number)?,
            user_name: text("userName", &identity.user_name)?,
        })
    }
}

pub(crate) fn ip(text: &str) -> Result<Ipv4Addr, String> {
    text.parse().map_err(|_| format!("{text:?} is no IPv4 address"))
}

pub(crate) fn mac(text: &str) -> Result<MacAddress, String> {
    let wrong = || format!("{text:?} is no MAC address such as 00:07:48:1a:2b:3c");
    let mut bytes = text.split(':').map(|byte| match byte.len() {
        2 => u8::from_str_radix(byte, 16).ok().filter(|_| !byte.starts_with('+')),
        _ => None,
    });
    let mut mac = [0; 6];
    for byte in &mut mac {
        *byte = bytes.next().flatten().ok_or_else(wrong)?;
    }
    bytes.next().is_none().then_some(MacAddress(mac)).ok_or_else(wrong)
}

fn version(text: &str) -> Result<SpecVersion, String> {
    let parts =
        text.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let (major, minor) = parts.ok_or_else(|| format!("{text:?} is no version such as 2.0"))?;
    Ok(SpecVersion { major, minor })
}

fn text<const N: usize>(name: &str, text: &str) -> Result<Text<N>, String> {
    Text::new(text).map_err(|error| format!("{name}: {error}"))
}
