use super::Register;
use crate::bits::bits;

/// Stream channels that the address space has room for.
pub const MAX_STREAM_CHANNELS: u32 = 512;

const FIRST: u32 = 0x0d00;
const STRIDE: u32 = 0x40;

/// The registers of one stream channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamChannel(u32);

impl StreamChannel {
    /// Stream channel `index`, from 0 on; `None` where there can be none.
    pub const fn new(index: u32) -> Option<Self> {
        if index < MAX_STREAM_CHANNELS {
            Some(Self(index))
        } else {
            None
        }
    }

    /// Where the stream goes to, a [`StreamPort`]; 0 closes the channel.
    pub const fn port(self) -> Register {
        self.register(0x00, "SCP", true)
    }

    /// A [`PacketSize`].
    pub const fn packet_size(self) -> Register {
        self.register(0x04, "SCPS", true)
    }

    /// Ticks of the device's clock to wait between packets.
    pub const fn packet_delay(self) -> Register {
        self.register(0x08, "SCPD", true)
    }

    /// IP address where the stream goes to.
    pub const fn destination(self) -> Register {
        self.register(0x18, "SCDA", true)
    }

    /// UDP port from which the stream comes; a firewall may want to know.
    pub const fn source_port(self) -> Register {
        self.register(0x1c, "SCSP", false)
    }

    /// A [`StreamCapability`].
    pub const fn capability(self) -> Register {
        self.register(0x20, "SCC", false)
    }

    /// A [`StreamConfiguration`].
    pub const fn configuration(self) -> Register {
        self.register(0x24, "SCCFG", true)
    }

    const fn register(self, at: u32, name: &'static str, writable: bool) -> Register {
        Register { name, address: FIRST + self.0 * STRIDE + at, length: 4, writable }
    }
}

/// Register SCP, and MCP of the message channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamPort(pub u32);

impl StreamPort {
    /// This UDP port of the host, from the device's first network interface.
    pub const fn to(port: u16) -> Self {
        Self(port as u32)
    }

    /// UDP port of the host; 0 where the channel is closed.
    pub const fn port(self) -> u16 {
        self.0 as u16
    }

    /// Which network interface of the device.
    pub const fn interface(self) -> u8 {
        (self.0 >> 16 & 0xf) as u8
    }
}

bits! {
    /// Register SCPS: how large the packets are, and a test of it. Bits are counted by their value here.
    PacketSize: u32 {
        /// Bit 31: send one test packet of this size, at once.
        FIRE_TEST = 0x8000_0000,
        /// Bit 30: forbid routers to cut packets. Without it a test packet proves nothing.
        DO_NOT_FRAGMENT = 0x4000_0000,
        /// Bit 29: pixels of two bytes are big-endian.
        BIG_ENDIAN_PIXELS = 0x2000_0000,
    }
}

impl PacketSize {
    /// Bytes of a whole IP packet.
    pub const fn bytes(self) -> u16 {
        self.0 as u16
    }

    /// With another size, and all else as it is.
    pub const fn with_bytes(self, bytes: u16) -> Self {
        Self(self.0 & 0xffff_0000 | bytes as u32)
    }
}

bits! {
    /// What a stream channel can do.
    StreamCapability: u32 {
        /// Pixels in both byte orders.
        BOTH_BYTE_ORDERS = 0x8000_0000,
        /// Packets that were cut are put together.
        IP_REASSEMBLY = 0x4000_0000,
        /// GenDC containers.
        GENDC = 0x0000_0080,
        /// Multi-part blocks.
        MULTI_PART = 0x0000_0040,
        /// Leaders and trailers of a whole packet.
        LARGE_LEADER = 0x0000_0020,
        /// Images in zones.
        MULTI_ZONE = 0x0000_0010,
        /// Packets can be sent again to another host.
        RESEND_DESTINATION = 0x0000_0008,
        /// A whole block in one packet.
        ALL_IN = 0x0000_0004,
        /// Streaming goes on without control.
        UNCONDITIONAL_STREAMING = 0x0000_0002,
        /// Chunk data with images.
        EXTENDED_CHUNK_DATA = 0x0000_0001,
    }
}

bits! {
    /// What is switched on of a stream channel.
    StreamConfiguration: u32 {
        /// GenDC containers.
        GENDC = 0x0000_0080,
        /// Multi-part blocks.
        MULTI_PART = 0x0000_0040,
        /// Leaders and trailers of a whole packet.
        LARGE_LEADER = 0x0000_0020,
        /// Packets are sent again to whoever asks.
        RESEND_DESTINATION = 0x0000_0008,
        /// A whole block in one packet.
        ALL_IN = 0x0000_0004,
        /// Streaming goes on without control.
        UNCONDITIONAL_STREAMING = 0x0000_0002,
        /// Chunk data with images.
        EXTENDED_CHUNK_DATA = 0x0000_0001,
    }
}
