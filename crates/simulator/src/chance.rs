/// Dice that always fall the same way: what is drawn depends on the seed and on what it is drawn for, not on what was
/// drawn before.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    seed: u64,
}

/// What is drawn for.
#[derive(Clone, Copy, Debug)]
pub enum Cause {
    Loss,
    Burst,
    Order,
    Duplicate,
    DamagedHeader,
    DamagedPayload,
    Where,
    ResendLoss,
    ResendWrong,
    Hostile,
}

/// A packet of a frame, sent for the first time (`attempt` 0) or again.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    pub frame: u64,
    pub packet: u32,
    pub attempt: u32,
}

impl Chance {
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Any number of 64 bits.
    pub fn draw(&self, cause: Cause, Draw { frame, packet, attempt }: Draw) -> u64 {
        let place = u64::from(attempt) << 40 | (cause as u64) << 32 | u64::from(packet);
        scatter(scatter(scatter(self.seed) ^ frame) ^ place)
    }

    /// Whether it happens that happens with this probability.
    pub fn happens(&self, probability: f64, cause: Cause, draw: Draw) -> bool {
        // 53 bits, as many as a fraction has.
        probability > 0.0 && ((self.draw(cause, draw) >> 11) as f64) < probability * (1u64 << 53) as f64
    }

    /// A number below `end`; 0 where there is none.
    pub fn below(&self, end: u64, cause: Cause, draw: Draw) -> u64 {
        self.draw(cause, draw).checked_rem(end).unwrap_or(0)
    }
}

/// A step of SplitMix64.
const fn scatter(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}
