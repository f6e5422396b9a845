use crate::block::Block;
use framewire_gige_vision::BlockId;
use std::collections::VecDeque;

/// The blocks that a camera still has, the newest last.
#[derive(Debug)]
pub struct Ring {
    blocks: VecDeque<Block>,
    capacity: usize,
}

impl Ring {
    pub fn new(capacity: usize) -> Self {
        Self { blocks: VecDeque::new(), capacity: capacity.max(1) }
    }

    /// Keep a block; the oldest one comes back where there is no more room.
    pub fn push(&mut self, block: Block) -> Option<Block> {
        self.blocks.push_back(block);
        if self.blocks.len() > self.capacity {
            self.blocks.pop_front()
        } else {
            None
        }
    }

    pub fn by_number(&mut self, number: u64) -> Option<&mut Block> {
        self.blocks.iter_mut().rev().find(|block| block.number == number)
    }

    /// The newest block with this id.
    pub fn by_id(&mut self, id: BlockId) -> Option<&mut Block> {
        self.blocks.iter_mut().rev().find(|block| block.id == id)
    }

    pub fn newest(&self) -> Option<&Block> {
        self.blocks.back()
    }

    /// The newest block of an earlier session.
    pub fn of_session_before(&self, session: u32) -> Option<&Block> {
        self.blocks.iter().rev().find(|block| block.session < session)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter()
    }
}
