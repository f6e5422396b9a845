use framewire_gige_vision::gvsp::Leader;
use framewire_gige_vision::BlockId;

/// A block that is done with: complete or given up. Its image stays until it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Which block.
    pub id: BlockId,
    /// Leader, trailer and every payload packet were there.
    pub complete: bool,
    /// Packets that are missing: first and last of each range, in order. 0 is the leader; the trailer is the one behind
    /// the last of the payload.
    pub missing: Vec<(u32, u32)>,
    /// Bytes of image in each payload packet but the last.
    pub packet_bytes: u32,
    /// What the image is like.
    pub leader: Option<Leader>,
    /// Bytes of the image, missing ones 0.
    pub bytes: usize,
    /// When its first packet was received, in ns since 1970.
    pub first_at_ns: u64,
    /// When its last packet was received.
    pub received_at_ns: u64,
    /// Packets of it that came because they were asked for again.
    pub resent: u32,
    /// Where the image is, for [`Reassembler::image`](crate::Reassembler::image).
    pub image: ImageKey,
}

/// Names the image of a finished block, until it is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageKey(pub(crate) usize);

impl ImageKey {
    /// As a number, to be handed across a border.
    pub fn index(self) -> usize {
        self.0
    }
}

/// A number that is none of an image does no harm.
impl From<usize> for ImageKey {
    fn from(index: usize) -> Self {
        Self(index)
    }
}
