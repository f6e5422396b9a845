use crate::bits::bits;
use core::fmt;

/// A version of GigE Vision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpecVersion {
    /// 1 or 2; 0 from some simulators.
    pub major: u16,
    /// Behind the point.
    pub minor: u16,
}

impl fmt::Display for SpecVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What sort of device it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceMode(pub u32);

impl DeviceMode {
    /// A camera with big-endian registers and UTF-8 texts.
    pub const CAMERA: Self = Self(0x8000_0001);

    /// Whether its own registers are big-endian. Bootstrap registers are so in any case.
    pub const fn is_big_endian(self) -> bool {
        self.0 >> 31 == 1
    }

    /// 0 transmitter (a camera), 1 receiver, 2 transceiver, 3 peripheral.
    pub const fn class(self) -> u8 {
        (self.0 >> 28 & 0x7) as u8
    }

    /// Of its texts: 1 UTF-8, 2 ASCII, 0 not said.
    pub const fn character_set(self) -> u8 {
        (self.0 & 0xff) as u8
    }
}

bits! {
    /// Ways to an IP address.
    IpConfig: u32 {
        /// The persistent address, from its registers.
        PERSISTENT_IP = 0x0000_0001,
        /// From a DHCP server.
        DHCP = 0x0000_0002,
        /// A link-local address, 169.254.x.x; always on.
        LINK_LOCAL = 0x0000_0004,
        /// The device can send pause frames.
        SENDS_PAUSE = 0x4000_0000,
        /// The device obeys pause frames.
        OBEYS_PAUSE = 0x8000_0000,
    }
}
