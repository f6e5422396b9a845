use crate::block::Block;
use crate::sender::Origin;
use crate::twist::Twist;
use std::collections::VecDeque;

/// One packet to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Running number of its frame.
    pub frame: u64,
    pub packet: u32,
    pub twist: Twist,
    pub origin: Origin,
    /// Its turn comes, but it is not sent.
    pub lost: bool,
}

impl Step {
    /// The packet as it should be.
    pub const fn plain(frame: u64, packet: u32) -> Self {
        Self { frame, packet, twist: Twist::None, origin: Origin::Camera, lost: false }
    }

    /// The same packet, but twisted.
    pub const fn twisted(self, twist: Twist) -> Self {
        Self { twist, ..self }
    }
}

/// The packets of a block in order, as they should be.
pub fn plain(block: &Block) -> Vec<Step> {
    (0..=block.shape.trailer()).map(|packet| Step::plain(block.number, packet)).collect()
}

/// What is still to be sent, in order.
pub type Script = VecDeque<Step>;
