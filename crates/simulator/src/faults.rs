use crate::block::{Block, ALTERED, DAMAGED, DROPPED};
use crate::chance::{Cause, Chance, Draw};
use crate::script::Step;
use crate::twist::Twist;

/// How far behind the first copy of a packet the second one is at most, in packets.
const DUPLICATE_WITHIN: u64 = 16;

/// What goes wrong on the way, drawn anew for each packet. Numbers from 0 to 1 are probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// A packet is lost.
    pub loss: f64,
    /// A burst of losses begins at a packet.
    pub burst_rate: f64,
    /// Packets lost in a burst.
    pub burst_packets: u32,
    /// A packet comes later than others, by at most so many packets, within its block.
    pub reorder_packets: u32,
    /// A packet comes twice.
    pub duplicate: f64,
    /// A bit of a header is wrong, so that the packet belongs to nothing that a host waits for.
    pub damage: f64,
    /// A bit of the pixels is wrong. No host can see it.
    pub alter: f64,
    /// A packet that was asked for again is lost once more.
    pub resend_loss: f64,
    /// In place of a packet that was asked for again comes another one.
    pub resend_wrong: f64,
    /// Nothing is sent any more after so many frames; 0 for never.
    pub mute_after_frames: u64,
    /// The last of so many frames, and its id, is left out; 0 for never.
    pub skip_every: u64,
}

impl Faults {
    /// Set a fault by its name in JavaScript; false where there is none of this name.
    pub fn set(&mut self, name: &str, value: f64) -> bool {
        match name {
            "loss" => self.loss = value,
            "burstRate" => self.burst_rate = value,
            "burstPackets" => self.burst_packets = value as u32,
            "reorderPackets" => self.reorder_packets = value as u32,
            "duplicate" => self.duplicate = value,
            "damage" => self.damage = value,
            "alter" => self.alter = value,
            "resendLoss" => self.resend_loss = value,
            "resendWrong" => self.resend_wrong = value,
            "muteAfterFrames" => self.mute_after_frames = value as u64,
            "skipEvery" => self.skip_every = value as u64,
            _ => return false,
        }
        true
    }

    /// Whether the camera leaves this frame out.
    pub fn skips(&self, number: u64) -> bool {
        self.skip_every > 0 && (number + 1).is_multiple_of(self.skip_every)
    }

    /// Whether the camera no longer sends.
    pub fn mutes(&self, number: u64) -> bool {
        self.mute_after_frames > 0 && number >= self.mute_after_frames
    }

    /// The steps of a block as the network delivers them; `burst` is how many packets a burst still takes.
    pub fn befall(&self, steps: Vec<Step>, block: &mut Block, burst: &mut u32, chance: &Chance) -> Vec<Step> {
        let mut befallen = Vec::with_capacity(steps.len());
        for (place, mut step) in (0u64..).zip(steps) {
            let draw = Draw { frame: block.number, packet: step.packet, attempt: 0 };
            if *burst == 0 && chance.happens(self.burst_rate, Cause::Burst, draw) {
                *burst = self.burst_packets;
            }
            let in_burst = *burst > 0;
            *burst = burst.saturating_sub(1);
            let late = chance.below(u64::from(self.reorder_packets) + 1, Cause::Order, draw);
            if step.twist == Twist::None {
                step.lost =
                    in_burst || self.mutes(block.number) || chance.happens(self.loss, Cause::Loss, draw);
                if step.lost {
                    block.note(step.packet, DROPPED);
                } else {
                    if chance.happens(self.duplicate, Cause::Duplicate, draw) {
                        let behind = 1 + chance.below(DUPLICATE_WITHIN, Cause::Where, draw);
                        befallen.push((place + late + behind, step));
                    }
                    step.twist = self.twist(block, step.packet, chance, draw);
                }
            }
            befallen.push((place + late, step));
        }
        befallen.sort_by_key(|&(place, _)| place);
        befallen.into_iter().map(|(_, step)| step).collect()
    }

    fn twist(&self, block: &mut Block, packet: u32, chance: &Chance, draw: Draw) -> Twist {
        let at = chance.draw(Cause::Where, draw);
        if chance.happens(self.damage, Cause::DamagedHeader, draw) {
            block.note(packet, DAMAGED);
            let bits = damaging_bits(block.id.is_extended());
            return Twist::HeaderBit(bits[(at % bits.len() as u64) as usize]);
        }
        let is_payload = packet > 0 && packet < block.shape.trailer();
        if is_payload && chance.happens(self.alter, Cause::DamagedPayload, draw) {
            block.note(packet, ALTERED);
            return Twist::ContentBit(at);
        }
        Twist::None
    }
}

/// Bits of a header, each of which makes it that of no packet near: the status becomes an error, the format none, the
/// ids far ones. (Near ones would be believed by any host; UDP's checksum is there for that.)
const fn damaging_bits(extended: bool) -> [u8; 5] {
    const STATUS: u8 = 7;
    const FORMAT: [u8; 2] = [4 * 8 + 2, 4 * 8 + 3];
    let (block, packet) = if extended { (8 * 8 + 6, 16 * 8 + 6) } else { (2 * 8 + 6, 5 * 8 + 6) };
    [STATUS, FORMAT[0], FORMAT[1], block, packet]
}
