/// A register with a fixed place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Its name.
    pub name: &'static str,
    /// Where it begins.
    pub address: u32,
    /// Bytes: 4 for a number, more for a text.
    pub length: u16,
    /// Whether a host may write it.
    pub writable: bool,
}

macro_rules! registers {
    ($($(#[$doc:meta])* $constant:ident = $address:literal $length:literal $access:ident $name:literal,)*) => {
        impl Register {
            $(
                $(#[$doc])*
                pub const $constant: Self =
                    Self { name: $name, address: $address, length: $length, writable: registers!($access) };
            )*

            /// Every register of the device; those of stream channels are [`StreamChannel`](super::StreamChannel)'s.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];
        }
    };
    (read) => { false };
    (write) => { true };
}

registers! {
    /// A [`SpecVersion`](super::SpecVersion).
    VERSION = 0x0000 4 read "Version",
    /// A [`DeviceMode`](super::DeviceMode).
    DEVICE_MODE = 0x0004 4 read "Device mode",
    /// The first two bytes of the MAC address, in the lower half.
    MAC_HIGH = 0x0008 4 read "Device MAC address high",
    /// The other four.
    MAC_LOW = 0x000c 4 read "Device MAC address low",
    /// The ways to an IP address that there are, an [`IpConfig`](super::IpConfig).
    SUPPORTED_IP_CONFIGURATION = 0x0010 4 read "Supported IP configuration",
    /// Those that are on.
    CURRENT_IP_CONFIGURATION = 0x0014 4 write "Current IP configuration",
    /// The address in use.
    CURRENT_IP = 0x0024 4 read "Current IP address",
    /// Of its subnet.
    CURRENT_SUBNET_MASK = 0x0034 4 read "Current subnet mask",
    /// Gateway in use.
    CURRENT_GATEWAY = 0x0044 4 read "Current default gateway",
    /// Text.
    MANUFACTURER_NAME = 0x0048 32 read "Manufacturer name",
    /// Text.
    MODEL_NAME = 0x0068 32 read "Model name",
    /// Text.
    DEVICE_VERSION = 0x0088 32 read "Device version",
    /// Text.
    MANUFACTURER_INFO = 0x00a8 48 read "Manufacturer specific information",
    /// Text.
    SERIAL_NUMBER = 0x00d8 16 read "Serial number",
    /// Text.
    USER_DEFINED_NAME = 0x00e8 16 write "User-defined name",
    /// Where the device's XML is, an [`XmlUrl`](super::XmlUrl).
    FIRST_URL = 0x0200 512 read "First URL",
    /// Another place of it.
    SECOND_URL = 0x0400 512 read "Second URL",
    /// Count.
    NETWORK_INTERFACES = 0x0600 4 read "Number of network interfaces",
    /// The address to take where the way `PERSISTENT_IP` is on.
    PERSISTENT_IP = 0x064c 4 write "Persistent IP address",
    /// Of its subnet.
    PERSISTENT_SUBNET_MASK = 0x065c 4 write "Persistent subnet mask",
    /// Its gateway.
    PERSISTENT_GATEWAY = 0x066c 4 write "Persistent default gateway",
    /// Mbit/s.
    LINK_SPEED = 0x0670 4 read "Link speed",
    /// Count.
    MESSAGE_CHANNELS = 0x0900 4 read "Number of message channels",
    /// Count.
    STREAM_CHANNELS = 0x0904 4 read "Number of stream channels",
    /// Count.
    ACTION_SIGNALS = 0x0908 4 read "Number of action signals",
    /// A [`GvspCapability`](super::GvspCapability).
    GVSP_CAPABILITY = 0x092c 4 read "Stream channels capability",
    /// What the message channel can do.
    MESSAGE_CAPABILITY = 0x0930 4 read "Message channel capability",
    /// A [`GvcpCapability`](super::GvcpCapability).
    GVCP_CAPABILITY = 0x0934 4 read "GVCP capability",
    /// Milliseconds without a command after which the device takes control away.
    HEARTBEAT_TIMEOUT = 0x0938 4 write "Heartbeat timeout",
    /// Upper half of the ticks of the device's clock in a second.
    TIMESTAMP_FREQUENCY_HIGH = 0x093c 4 read "Timestamp tick frequency high",
    /// Lower half of it; 0 in both where the device has no clock.
    TIMESTAMP_FREQUENCY_LOW = 0x0940 4 read "Timestamp tick frequency low",
    /// A [`TimestampControl`](super::TimestampControl); reads are 0.
    TIMESTAMP_CONTROL = 0x0944 4 write "Timestamp control",
    /// Upper half of the time that was latched.
    TIMESTAMP_HIGH = 0x0948 4 read "Timestamp value high",
    /// Lower half of it.
    TIMESTAMP_LOW = 0x094c 4 read "Timestamp value low",
    /// Milliseconds up to which a device waits before it answers a broadcast discovery.
    DISCOVERY_ACK_DELAY = 0x0950 4 write "Discovery ACK delay",
    /// A [`GvcpConfiguration`](super::GvcpConfiguration).
    GVCP_CONFIGURATION = 0x0954 4 write "GVCP configuration",
    /// Milliseconds that the slowest command takes before it is answered with PENDING_ACK.
    PENDING_TIMEOUT = 0x0958 4 read "Pending timeout",
    /// The key that lets another host take control over.
    CONTROL_SWITCHOVER_KEY = 0x095c 4 write "Control switchover key",
    /// A [`GvspConfiguration`](super::GvspConfiguration).
    GVSP_CONFIGURATION = 0x0960 4 write "GVSP configuration",
    /// A [`ControlPrivilege`](super::ControlPrivilege).
    CONTROL_CHANNEL_PRIVILEGE = 0x0a00 4 write "CCP",
    /// UDP port of the host in control.
    PRIMARY_APPLICATION_PORT = 0x0a04 4 read "Primary application port",
    /// IP address of the host in control.
    PRIMARY_APPLICATION_IP = 0x0a14 4 read "Primary application IP address",
    /// Where events go to, a [`StreamPort`](super::StreamPort); 0 leaves the channel closed.
    MESSAGE_PORT = 0x0b00 4 write "MCP",
    /// IP address where events go to.
    MESSAGE_DESTINATION = 0x0b10 4 write "MCDA",
    /// Milliseconds to wait for a host's answer to an event.
    MESSAGE_TIMEOUT = 0x0b14 4 write "MCTT",
    /// How often an event is told again.
    MESSAGE_RETRIES = 0x0b18 4 write "MCRC",
    /// UDP port from which events come.
    MESSAGE_SOURCE_PORT = 0x0b1c 4 read "MCSP",
    /// The list of the device's XML files.
    MANIFEST_TABLE = 0x9000 512 read "Manifest table",
}

impl Register {
    /// Where the registers of the manufacturer begin.
    pub const MANUFACTURER_SPECIFIC: u32 = 0xa000;
}
