use crate::block::Shape;
use crate::scene::Scene;
use crate::{Image, Source};
use framewire_gige_vision::gvsp::payload_capacity;
use framewire_gige_vision::BlockId;
use std::fmt;

/// Bytes of the largest image.
const MAX_IMAGE_BYTES: usize = 1 << 30;

/// What a session is like.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// Of every image.
    pub image: Image,
    /// Bytes of a whole IP packet.
    pub packet_size: u16,
    /// What images show.
    pub source: Source,
}

/// Why a stream cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsendable {
    /// Packets of so many bytes have no room for pixels.
    PacketSize(u16),
    /// Images of so many bytes: none, or more than there is memory for.
    Image(usize),
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PacketSize(bytes) => write!(f, "packets of {bytes} bytes have no room for pixels"),
            Self::Image(bytes) => write!(f, "an image has 1 to {MAX_IMAGE_BYTES} bytes, not {bytes}"),
        }
    }
}

impl Stream {
    /// How its blocks are cut, whose ids are like this one.
    pub(crate) fn shape(&self, id: BlockId) -> Result<Shape, Unsendable> {
        let capacity = usize::from(payload_capacity(self.packet_size, id));
        if capacity == 0 {
            return Err(Unsendable::PacketSize(self.packet_size));
        }
        let bytes = self.image.bytes();
        if !(1..=MAX_IMAGE_BYTES).contains(&bytes) {
            return Err(Unsendable::Image(bytes));
        }
        Ok(Shape { image: self.image, capacity, scene: Scene::new(self.source, &self.image) })
    }
}
