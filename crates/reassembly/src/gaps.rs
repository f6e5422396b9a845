use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A packet that will not be asked for again: the device said that it no longer has it.
const GONE: u32 = u32::MAX;

/// Which packets of a block have come. All up to a highest one have, but for ranges that are missing; each of these
/// knows how it stands with being asked for again.
#[derive(Default)]
pub(crate) struct Gaps {
    next: u32,
    /// By the first packet.
    gaps: BTreeMap<u32, Gap>,
}

#[derive(Clone, Copy)]
struct Gap {
    last: u32,
    /// When something is to be done about it.
    due_us: u64,
    /// How often it was asked for.
    asked: u32,
}

/// A time at which packets are asked for again.
pub(crate) struct Turn {
    pub now_us: u64,
    /// What was due by then may be asked for the first time.
    pub first_us: u64,
    /// For how long until it is asked for again.
    pub again_us: u64,
    pub attempts: u32,
    /// When the last packet came.
    pub heard_us: u64,
}

impl Gaps {
    /// The packet behind the highest one that came, or that is known to have been sent.
    #[inline]
    pub fn next(&self) -> u32 {
        self.next
    }

    /// Whether everything before `next` has come.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.gaps.is_empty()
    }

    #[inline]
    pub fn has(&self, packet: u32) -> bool {
        packet < self.next && (self.gaps.is_empty() || self.find(packet).is_none())
    }

    /// Packet `next` has come.
    #[inline]
    pub fn extend(&mut self) {
        self.next = self.next.saturating_add(1);
    }

    /// A packet that was not there has come. What it shows to be missing is due then. Whether it had been asked for.
    #[inline]
    pub fn fill(&mut self, packet: u32, due_us: u64) -> bool {
        if packet >= self.next {
            if packet > self.next {
                self.gaps.insert(self.next, Gap { last: packet - 1, due_us, asked: 0 });
            }
            self.next = packet.saturating_add(1);
            return false;
        }
        self.cut(packet..=packet).is_some_and(|gap| gap.asked > 0)
    }

    /// A packet that came is none of this block: it is missing again.
    pub fn lose(&mut self, packet: u32, due_us: u64) {
        let before = packet.checked_sub(1).and_then(|before| self.find(before));
        let after = self.gaps.remove(&packet.saturating_add(1)).map_or(packet, |gap| gap.last);
        let first = before.map_or(packet, |(first, _)| first);
        self.gaps.insert(first, Gap { last: after, due_us, asked: 0 });
    }

    /// The block was sent up to its trailer, packet `end`: what is missing there is missing now.
    pub fn close(&mut self, end: u32, due_us: u64) {
        if self.next <= end {
            self.gaps.insert(self.next, Gap { last: end, due_us, asked: 0 });
            self.next = end.saturating_add(1);
        }
    }

    /// The block ends with packet `end`: nothing behind it is missing.
    pub fn shorten(&mut self, end: u32) {
        if let Some(behind) = end.checked_add(1).filter(|&behind| behind < self.next) {
            while self.cut(behind..=self.next).is_some() {}
            self.next = behind;
        }
    }

    /// The device no longer has these packets. How many of them are missing, and had been asked for.
    pub fn give_up(&mut self, packets: RangeInclusive<u32>) -> u32 {
        let (from, to) = packets.into_inner();
        let within = self.gaps.range(..=to).rev().take_while(|(_, gap)| gap.last >= from);
        let asked = within.filter(|(_, gap)| gap.asked > 0 && gap.asked != GONE);
        let asked: Vec<u32> = asked.map(|(&first, _)| first.max(from)).collect();
        let mut count = 0;
        for first in asked {
            let Some(gap) = self.cut(first..=to) else { continue };
            count += gap.last - first + 1;
            self.gaps.insert(first, Gap { asked: GONE, ..gap });
        }
        count
    }

    /// Ask for what is due: `ask` says up to which packet of a range it may be, none for not at all.
    pub fn ask(&mut self, turn: &Turn, mut ask: impl FnMut(u32, u32) -> Option<u32>) {
        for (&first, gap) in &mut self.gaps {
            let due_by_us = if gap.asked == 0 { turn.first_us } else { turn.now_us };
            if gap.asked < turn.attempts && gap.due_us <= due_by_us {
                let whole = *gap;
                let Some(last) = ask(first, whole.last) else { return };
                // Where nothing came since it was asked for last, the camera had no turn yet.
                let asked_us = gap.due_us.saturating_sub(turn.again_us);
                gap.asked += u32::from(gap.asked == 0 || turn.heard_us > asked_us);
                gap.due_us = turn.now_us.saturating_add(turn.again_us);
                if last < whole.last {
                    gap.last = last;
                    self.gaps.insert(last + 1, whole);
                    return;
                }
            }
        }
    }

    /// Whether none of what is missing can still be hoped for.
    pub fn are_hopeless(&self, now_us: u64, attempts: u32) -> bool {
        self.gaps.values().all(|gap| gap.asked == GONE || (gap.asked >= attempts && gap.due_us <= now_us))
    }

    /// When the next of them is due that can still be hoped for.
    pub fn due(&self, now_us: u64, attempts: u32) -> Option<u64> {
        let hoped = |gap: &&Gap| gap.asked != GONE && (gap.asked < attempts || gap.due_us > now_us);
        self.gaps.values().filter(hoped).map(|gap| gap.due_us).min()
    }

    /// What is missing before `next`: first and last packet, in order.
    pub fn missing(&self) -> Vec<(u32, u32)> {
        let mut missing: Vec<(u32, u32)> = Vec::with_capacity(self.gaps.len());
        for (&first, gap) in &self.gaps {
            match missing.last_mut() {
                Some((_, last)) if *last + 1 == first => *last = gap.last,
                _ => missing.push((first, gap.last)),
            }
        }
        missing
    }

    /// The last range that is missing before `next`.
    pub fn last(&self) -> Option<(u32, u32)> {
        self.gaps.last_key_value().map(|(&first, gap)| (first, gap.last))
    }

    fn find(&self, packet: u32) -> Option<(u32, Gap)> {
        let (&first, &gap) = self.gaps.range(..=packet).next_back()?;
        (gap.last >= packet).then_some((first, gap))
    }

    /// Take these packets out of the first range that has any.
    fn cut(&mut self, packets: RangeInclusive<u32>) -> Option<Gap> {
        let (from, to) = packets.into_inner();
        let inside = || self.gaps.range(from..=to).next().map(|(&first, &gap)| (first, gap));
        let (first, gap) = self.find(from).or_else(inside)?;
        self.gaps.remove(&first);
        if first < from {
            self.gaps.insert(first, Gap { last: from - 1, ..gap });
        }
        if gap.last > to {
            self.gaps.insert(to + 1, gap);
        }
        Some(Gap { last: gap.last.min(to), ..gap })
    }
}
