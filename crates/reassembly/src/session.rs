use framewire_gige_vision::BlockId;
use std::collections::VecDeque;

/// How many blocks are remembered once they are done with.
const REMEMBERED: usize = 64;
/// The first byte of a session's end.
const VERSION: u8 = 1;
/// Width of the id, id, timestamp.
const ENTRY_BYTES: usize = 1 + 8 + 8;

/// The blocks that were done with last, in this session and, at its beginning, in the one before.
///
/// A camera may begin a session at any id, so at an id of the last session's too; a late packet of that session must not
/// become part of a block of this one. What tells them apart is the timestamp in the leader: an id that was there is
/// taken for a new block only once a leader of it with another timestamp came. Until then its packets are late.
#[derive(Default)]
pub(crate) struct Recent(VecDeque<Done>);

struct Done {
    id: BlockId,
    /// Of its leader; 0 where that did not come, or the device has no clock.
    timestamp: u64,
    /// Of the session before.
    before: bool,
    /// Nothing of it was kept, because every buffer was in use.
    unkept: bool,
}

/// What a packet of a block that is not in flight is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Of no block that is remembered.
    New,
    /// Of a block that is done with.
    Late,
    /// Of a block that was dropped as a whole, and counted.
    Dropped,
    /// The leader of another block with the id of one that is done with.
    Again,
}

impl Recent {
    /// What the last session ended with; `None` where these bytes are none of [`Recent::end`].
    pub fn after(end: &[u8]) -> Option<Self> {
        let (&VERSION, entries) = end.split_first()? else { return None };
        let entries = entries.chunks(ENTRY_BYTES).take(REMEMBERED).map(Done::parse);
        entries.collect::<Option<_>>().map(Self)
    }

    /// What the next session has to know of this one.
    pub fn end(&self) -> Vec<u8> {
        let mut end = vec![VERSION];
        self.0.iter().for_each(|done| done.write(&mut end));
        end
    }

    pub fn add(&mut self, id: BlockId, timestamp: u64, unkept: bool) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(Done { id, timestamp, before: false, unkept });
    }

    /// What a packet of this block is; of a leader `timestamp` is what it states.
    pub fn standing(&self, id: BlockId, timestamp: Option<u64>) -> Standing {
        let Some(done) = self.0.iter().rev().find(|done| done.id == id) else { return Standing::New };
        let another = timestamp.is_some_and(|timestamp| match (timestamp, done.timestamp) {
            // A device without a clock: a new session has to begin somehow.
            (0, 0) => done.before,
            (0, _) | (_, 0) => false,
            (now, then) => now != then,
        });
        match (another, done.unkept) {
            (true, _) => Standing::Again,
            (false, true) => Standing::Dropped,
            (false, false) => Standing::Late,
        }
    }

    /// This session has come to ids of the last one: they are its own now.
    pub fn forget_session_before(&mut self) {
        self.0.retain(|done| !done.before);
    }

    /// Whether the id belongs to the last session alone.
    pub fn is_before(&self, id: BlockId) -> bool {
        self.0.iter().rev().find(|done| done.id == id).is_some_and(|done| done.before)
    }
}

impl Done {
    fn parse(entry: &[u8]) -> Option<Self> {
        let (&width, rest) = entry.split_first()?;
        let (id, timestamp) = rest.split_first_chunk()?;
        let id = u64::from_le_bytes(*id);
        let id = match width {
            16 => BlockId::Bits16(u16::try_from(id).ok()?),
            64 => BlockId::Bits64(id),
            _ => return None,
        };
        let timestamp = u64::from_le_bytes(timestamp.try_into().ok()?);
        Some(Self { id, timestamp, before: true, unkept: false })
    }

    fn write(&self, end: &mut Vec<u8>) {
        end.push(if self.id.is_extended() { 64 } else { 16 });
        end.extend(self.id.value().to_le_bytes());
        end.extend(self.timestamp.to_le_bytes());
    }
}
