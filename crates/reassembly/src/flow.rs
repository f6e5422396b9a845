/// How many packets have to come behind a missing one until it was lost, and not just overtaken.
const OVERTAKING: usize = 64;

/// When packets came: it tells a packet that was lost from one that the camera had no time yet to send.
pub(crate) struct Flow {
    /// Of the last packets, in a ring.
    times_us: [u64; OVERTAKING],
    next: usize,
    last_us: u64,
}

impl Flow {
    pub fn new() -> Self {
        Self { times_us: [0; OVERTAKING], next: 0, last_us: 0 }
    }

    /// A packet came.
    #[inline]
    pub fn packet(&mut self, now_us: u64) {
        self.times_us[self.next] = now_us;
        self.next = (self.next + 1) % OVERTAKING;
        self.last_us = now_us;
    }

    /// When the last packet came.
    pub fn last_us(&self) -> u64 {
        self.last_us
    }

    /// What was missing by then was lost: enough packets have come since, or none for `silent_us`.
    pub fn settled_us(&self, now_us: u64, silent_us: u64) -> u64 {
        if now_us >= self.last_us.saturating_add(silent_us) {
            return now_us;
        }
        // Packets of one batch have one time: those behind it are those of a later one.
        self.times_us[self.next].saturating_sub(1)
    }
}
