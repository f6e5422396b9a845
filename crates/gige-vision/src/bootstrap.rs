//! The bootstrap registers that every device has: where they are, and what their bits mean.

mod control;
mod device;
mod register;
mod stream_channel;
mod xml_url;

pub use control::{
    ControlPrivilege, GvcpCapability, GvcpConfiguration, GvspCapability, GvspConfiguration, TimestampControl,
};
pub use device::{DeviceMode, IpConfig, SpecVersion};
pub use register::Register;
pub use stream_channel::{
    PacketSize, StreamCapability, StreamChannel, StreamConfiguration, StreamPort, MAX_STREAM_CHANNELS,
};
pub use xml_url::XmlUrl;
