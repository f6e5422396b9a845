/// Requests that may be made at once after a pause, as a part of those of a second.
const BURST: u64 = 10;

/// A ceiling on requests: so many per second, a tenth of it at once.
pub(crate) struct Throttle {
    /// Time that one request takes of what there is.
    cost_us: u64,
    /// What there is, in time.
    credit_us: u64,
    limit_us: u64,
    filled_us: u64,
}

impl Throttle {
    pub fn new(per_second: u32) -> Self {
        let cost_us = 1_000_000 / u64::from(per_second.max(1));
        let limit_us = (1_000_000 / BURST).max(cost_us);
        Self { cost_us, credit_us: limit_us, limit_us, filled_us: 0 }
    }

    /// Whether one more may be made now.
    pub fn take(&mut self, now_us: u64) -> bool {
        let passed = now_us.saturating_sub(self.filled_us);
        self.filled_us = now_us.max(self.filled_us);
        self.credit_us = self.credit_us.saturating_add(passed).min(self.limit_us);
        let may = self.credit_us >= self.cost_us;
        if may {
            self.credit_us -= self.cost_us;
        }
        may
    }

    /// When the next one may be made.
    pub fn ready_us(&self) -> u64 {
        self.filled_us + self.cost_us.saturating_sub(self.credit_us)
    }
}
