use crate::block::Block;
use crate::geometry::Capacity;
use crate::options::ResendPolicy;
use crate::statistics::{Refusal, Statistics};
use framewire_gige_vision::gvsp::Content;
use framewire_gige_vision::{BlockId, Error};

/// Without resends: for how long a block waits, once a later one has begun, for packets that were overtaken,
const OVERTAKEN_US: u64 = 2_000;
/// and how many other packets have to come meanwhile.
pub(crate) const OVERTAKEN_PACKETS: u64 = 64;

/// When to do what about missing packets.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub idle_us: u64,
    pub resend: Option<ResendPolicy>,
}

impl Patience {
    /// From when a packet is missing until something is done about it.
    pub fn first_us(&self) -> u64 {
        self.resend.map_or(OVERTAKEN_US, |policy| policy.first_us)
    }

    /// When something is done about a packet that is missing from now on.
    #[inline]
    pub fn first_due_us(&self, now_us: u64) -> u64 {
        now_us.saturating_add(self.first_us())
    }

    pub fn attempts(&self) -> u32 {
        self.resend.map_or(0, |policy| policy.attempts)
    }

    /// The longest that a block is waited for once it was sent.
    fn longest_us(&self) -> u64 {
        let asked = self.resend.map_or(0, |policy| policy.again_us.saturating_mul(policy.attempts.into()));
        self.first_us().saturating_add(asked).saturating_add(self.idle_us.saturating_mul(2))
    }
}

/// A block in flight: where it stands among the others, and what it waits for.
pub(crate) struct Flight {
    /// Counts up with block ids, across their wraps.
    pub position: u64,
    pub block: Block,
    /// Its image; none as long as nothing came of it.
    pub image: Option<usize>,
    pub first_at_ns: u64,
    pub last_at_ns: u64,
    last_us: u64,
    /// Since when it is known to have been sent as a whole: at which time, and after how many packets of the stream.
    sent: Option<(u64, u64)>,
    /// When missing packets are looked at next.
    pub look_us: u64,
}

impl Flight {
    pub fn new(id: BlockId, position: u64, capacity: Capacity, now_us: u64) -> Self {
        Self {
            position,
            block: Block::new(id, capacity),
            image: None,
            first_at_ns: 0,
            last_at_ns: 0,
            last_us: now_us,
            sent: None,
            look_us: u64::MAX,
        }
    }

    /// One of which nothing came though later ones did. Its leader is missing, and shows whether there is such a block.
    pub fn absent(id: BlockId, position: u64, capacity: Capacity, now_us: u64, due_us: u64) -> Self {
        let mut flight = Self::new(id, position, capacity, now_us);
        flight.block.gaps.close(0, due_us);
        flight.look_us = due_us;
        flight
    }

    /// Take a packet of it in: whether the block is complete with it. What turns out to be missing is due at the second
    /// of the times.
    #[inline]
    pub fn place(
        &mut self,
        packet: u32,
        content: Result<Content<'_>, Error>,
        image: &mut [u8],
        [now_us, due_us]: [u64; 2],
        at_ns: u64,
        statistics: &mut Statistics,
    ) -> Result<bool, Refusal> {
        let there = self.block.gaps.has(packet);
        let content = content.map_err(|error| match Refusal::of_unreadable(error) {
            // A block that has its leader is an image.
            Refusal::Payload(_) if there && packet == 0 => Refusal::Leader,
            refusal => refusal,
        })?;
        if there {
            self.block.repeats(packet, &content)?;
            statistics.duplicates += 1;
            return Ok(false);
        }
        let resent = self.block.resent;
        self.block.place(packet, &content, image, due_us, &mut statistics.refused)?;
        statistics.resend_packets += u64::from(self.block.resent - resent);
        if self.is_sent() {
            self.block.close(due_us);
        } else if matches!(content, Content::Trailer(_)) {
            self.sent = Some((now_us, statistics.packets));
        }
        self.received(at_ns, now_us, due_us);
        Ok(self.block.is_complete())
    }

    /// A packet of it came, and shows nothing to be missing.
    #[inline]
    pub fn touch(&mut self, at_ns: u64, now_us: u64) {
        self.last_at_ns = at_ns;
        self.last_us = now_us;
    }

    /// A packet of it came.
    pub fn received(&mut self, at_ns: u64, now_us: u64, due_us: u64) {
        self.touch(at_ns, now_us);
        if !self.block.gaps.is_empty() {
            self.look_us = self.look_us.min(due_us);
        }
    }

    /// It was sent as a whole: what has not come is missing.
    pub fn was_sent(&mut self, now_us: u64, packets: u64, due_us: u64) {
        self.sent.get_or_insert((now_us, packets));
        self.block.close(due_us);
        self.look_us = self.look_us.min(due_us);
    }

    pub fn is_sent(&self) -> bool {
        self.sent.is_some()
    }

    /// Whether it has brought nothing for so long that nothing more is to be expected.
    pub fn is_idle(&self, now_us: u64, patience: &Patience) -> bool {
        now_us >= self.idle_us(patience)
    }

    /// Whether nothing that is missing can still be hoped for.
    pub fn is_hopeless(&self, now_us: u64, packets: u64, patience: &Patience) -> bool {
        let Some((sent_us, sent_packets)) = self.sent else { return false };
        if now_us >= sent_us.saturating_add(patience.longest_us()) {
            return true;
        }
        let overtaken = patience.resend.is_some()
            || packets >= sent_packets + OVERTAKEN_PACKETS
            || self.is_idle(now_us, patience);
        overtaken && self.block.gaps.are_hopeless(now_us, patience.attempts())
    }

    /// Look at it again when something is due.
    pub fn look_later(&mut self, now_us: u64, patience: &Patience) {
        self.look_us = self.block.gaps.due(now_us, patience.attempts()).unwrap_or(u64::MAX);
    }

    /// From when on nothing more is to be expected if no packet comes.
    pub fn idle_us(&self, patience: &Patience) -> u64 {
        self.last_us.saturating_add(patience.idle_us)
    }

    /// When something is due though no packet comes.
    pub fn due_us(&self, patience: &Patience) -> u64 {
        let idle_us = self.idle_us(patience);
        match (self.sent, patience.resend) {
            (None, None) => idle_us,
            (None, Some(_)) => idle_us.min(self.look_us),
            (Some(_), None) => idle_us,
            (Some((sent_us, _)), Some(_)) => self.look_us.min(sent_us.saturating_add(patience.longest_us())),
        }
    }
}
