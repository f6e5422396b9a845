use crate::reader::Reader;
use crate::{Error, MacAddress};
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// A new IP address for the device with a MAC address, until it is restarted. With IP 0.0.0.0 the device looks for an
/// address again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForceIp {
    /// Whether the device may broadcast its answer.
    pub broadcast_ack: bool,
    /// Whom it is meant for.
    pub mac: MacAddress,
    /// The new address.
    pub ip: Ipv4Addr,
    /// Of the new subnet.
    pub subnet_mask: Ipv4Addr,
    /// 0.0.0.0 for none.
    pub gateway: Ipv4Addr,
}

impl ForceIp {
    pub(super) fn parse(broadcast_ack: bool, body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("FORCEIP_CMD", body);
        reader.skip::<2>()?;
        let mac = reader.mac()?;
        reader.skip::<12>()?;
        let ip = reader.ip()?;
        reader.skip::<12>()?;
        let subnet_mask = reader.ip()?;
        reader.skip::<12>()?;
        Ok(Self { broadcast_ack, mac, ip, subnet_mask, gateway: reader.ip()? })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut body = [0; 2].to_vec();
        body.extend(self.mac.0);
        for address in [self.ip, self.subnet_mask, self.gateway] {
            body.extend([0; 12]);
            body.extend(address.octets());
        }
        body
    }
}
