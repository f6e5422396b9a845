use framewire_gige_vision::gvsp::{payload_capacity, Leader};
use framewire_gige_vision::BlockId;

/// Fewer bytes than this in each payload packet no device sends; where one does, its images would take a record of more
/// gaps than bytes.
const LEAST_CAPACITY: u32 = 64;

/// Bytes of image in each payload packet but the last. What the packet size allows, or, where a device sends less, what
/// the first packets show; it is settled when a block that is done with had its leader and a packet of that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    pub bytes: u32,
    pub settled: bool,
}

impl Capacity {
    pub fn of(packet_size: u16, block: BlockId) -> Self {
        Self { bytes: u32::from(payload_capacity(packet_size, block)).max(1), settled: false }
    }

    /// Whether a device may have this one where `self` was expected.
    pub fn may_be(self, bytes: u32) -> bool {
        !self.settled && bytes < self.bytes && bytes >= LEAST_CAPACITY
    }

    /// Payload packets of an image.
    pub fn packets(self, image_bytes: u64) -> u32 {
        u32::try_from(image_bytes.div_ceil(self.bytes.into())).unwrap_or(u32::MAX - 1)
    }

    /// Where in the image the bytes of a payload packet begin.
    #[inline]
    pub fn offset(self, packet: u32) -> u64 {
        u64::from(packet.saturating_sub(1)) * u64::from(self.bytes)
    }
}

/// Bytes of the image where a trailer states its height: fewer than by the leader alone where fewer rows were sent. Some
/// devices state 0; then the leader holds.
pub(crate) fn image_bytes(leader: &Leader, trailer_height: u32) -> Option<u64> {
    match trailer_height {
        0 => leader.image_bytes(),
        height => Leader { height: height.min(leader.height), ..*leader }.image_bytes(),
    }
}
