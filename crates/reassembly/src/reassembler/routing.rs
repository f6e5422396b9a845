use super::{Opening, Reassembler, FIRST_POSITION};
use crate::flight::Flight;
use crate::geometry::Capacity;
use crate::sequence::distance;
use crate::session::Standing;
use crate::statistics::Refusal;
use framewire_gige_vision::gvsp::{Content, Format, Header, Leader};
use framewire_gige_vision::{BlockId, Error};

/// How far ahead of the newest block, or behind the first one, another may be without being confirmed.
const NEAR: i64 = 64;
/// Up to how many ids between two blocks the camera left out; beyond, it began anew.
const SKIPPED: i64 = 4096;

/// Which block a packet belongs to, where that is not the one of the packet before.
impl Reassembler {
    /// Which flight a packet belongs to, where that is not the one of the last packet; `None` where it is counted.
    #[cold]
    pub(super) fn find(
        &mut self,
        header: &Header,
        content: &Result<Content<'_>, Error>,
        now_us: u64,
    ) -> Result<Option<usize>, Refusal> {
        let id = header.block;
        if id.value() == 0 {
            return Err(Refusal::BlockZero);
        }
        if !matches!(header.format, Format::Leader | Format::Payload | Format::Trailer) {
            return Err(Refusal::of_format(header.format));
        }
        if self.ended {
            self.statistics.late += 1;
            return Ok(None);
        }
        if let Some(index) = self.flights.iter().position(|flight| flight.block.id == id) {
            return Ok(self.with_image(index, now_us));
        }
        if self.stray.as_ref().is_some_and(|stray| stray.block.id == id) {
            return self.stray_packet(header, content, now_us);
        }
        let timestamp = match content {
            Ok(Content::Leader(Leader { timestamp, .. })) => Some(*timestamp),
            _ => None,
        };
        let mut again = false;
        match self.recent.standing(id, timestamp) {
            Standing::New => {}
            Standing::Late => {
                self.statistics.late += 1;
                return Ok(None);
            }
            Standing::Dropped => return Ok(None),
            Standing::Again if self.recent.is_before(id) => self.recent.forget_session_before(),
            Standing::Again => again = true,
        }
        let Some((newest, position)) = self.newest else { return Ok(self.first(header, now_us)) };
        let Some(steps) = distance(newest, id).filter(|_| !again) else {
            return self.astray(header, content, now_us);
        };
        let position = position.saturating_add_signed(steps);
        match steps {
            1..=NEAR => Ok(self.follow(id, position, now_us)),
            // Behind the newest one, and not long before the first.
            ..=0 if position >= self.first.saturating_sub(NEAR.unsigned_abs()) => {
                Ok(self.precede(id, position, now_us))
            }
            _ => self.astray(header, content, now_us),
        }
    }

    /// The first packet of the session.
    fn first(&mut self, header: &Header, now_us: u64) -> Option<usize> {
        self.newest = Some((header.block, FIRST_POSITION));
        // A leader most likely begins the stream; anything else has overtaken others, perhaps blocks before it.
        let (packets, waits) = (self.statistics.packets, header.packet != 0);
        self.opening = Some(Opening { since_us: now_us, packets, waits });
        self.begin(header.block, FIRST_POSITION, now_us)
    }

    /// A block behind the newest one. Those between have been sent, or left out by the camera.
    fn follow(&mut self, id: BlockId, position: u64, now_us: u64) -> Option<usize> {
        self.all_were_sent(now_us);
        let (newest, before) = self.newest.replace((id, position))?;
        self.expect(newest, before, position, now_us);
        self.begin(id, position, now_us)
    }

    /// A later block has begun.
    fn all_were_sent(&mut self, now_us: u64) {
        let due_us = self.patience.first_due_us(now_us);
        for flight in self.flights.iter_mut().filter(|flight| !flight.is_sent()) {
            flight.was_sent(now_us, self.statistics.packets, due_us);
        }
    }

    /// A block that was overtaken by the first one of the session, or one that is done with.
    fn precede(&mut self, id: BlockId, position: u64, now_us: u64) -> Option<usize> {
        if self.opening.is_none() || position >= self.first {
            self.statistics.late += 1;
            return None;
        }
        let first = std::mem::replace(&mut self.first, position);
        self.expect(id, position, first, now_us);
        let index = self.begin(id, position, now_us)?;
        let due_us = self.patience.first_due_us(now_us);
        if let Some(flight) = self.flights.get_mut(index) {
            flight.was_sent(now_us, self.statistics.packets, due_us);
        }
        Some(index)
    }

    /// The blocks between two are expected: they may have been overtaken, or lost as a whole.
    fn expect(&mut self, before: BlockId, from: u64, to: u64, now_us: u64) {
        let due_us = self.patience.first_due_us(now_us);
        let mut id = before;
        for position in from + 1..to {
            id = id.next();
            // Ids that began anew may come to those that were there.
            if self.recent.standing(id, None) != Standing::New {
                continue;
            }
            while self.flights.iter().filter(|flight| flight.image.is_none()).count() >= NEAR as usize {
                let oldest = self.flights.iter().position(|flight| flight.image.is_none());
                oldest.into_iter().for_each(|oldest| self.give_up(oldest));
            }
            let mut flight = Flight::absent(id, position, self.capacity_of(id), now_us, due_us);
            flight.was_sent(now_us, self.statistics.packets, due_us);
            self.insert(flight);
        }
    }

    /// A block that is far from all others. It has to be confirmed, by being whole or by a block that follows it, before
    /// it means anything to others.
    fn astray(
        &mut self,
        header: &Header,
        content: &Result<Content<'_>, Error>,
        now_us: u64,
    ) -> Result<Option<usize>, Refusal> {
        if let Some(stray) = self.stray.take() {
            if matches!(distance(stray.block.id, header.block), Some(1..=NEAR)) {
                self.confirm(stray, now_us);
                return self.find(header, content, now_us);
            }
            self.forget(stray);
        }
        let Some(image) = self.pool.acquire() else { return Err(Refusal::FarBlock) };
        let mut stray = Flight::new(header.block, 0, self.capacity_of(header.block), now_us);
        stray.image = Some(image);
        stray.first_at_ns = self.now_ns;
        self.stray = Some(stray);
        self.stray_packet(header, content, now_us)
    }

    /// A packet of the stray block.
    fn stray_packet(
        &mut self,
        header: &Header,
        content: &Result<Content<'_>, Error>,
        now_us: u64,
    ) -> Result<Option<usize>, Refusal> {
        let Some(stray) = &mut self.stray else { return Ok(None) };
        let due_us = self.patience.first_due_us(now_us);
        let image = stray.image.map_or(&mut [][..], |image| self.pool.image(image));
        let placed =
            stray.place(header.packet, *content, image, [now_us, due_us], self.now_ns, &mut self.statistics);
        match placed {
            Ok(false) => {}
            Ok(true) => {
                if let Some(stray) = self.stray.take() {
                    let index = self.confirm(stray, now_us);
                    self.finish(index);
                }
            }
            Err(refusal) => {
                if header.packet == 0 && refusal.is_of_block() {
                    self.stray.take().into_iter().for_each(|stray| self.forget(stray));
                }
                return Err(refusal);
            }
        }
        Ok(None)
    }

    /// The stray block is none: the camera left many out, or began anew.
    fn confirm(&mut self, mut stray: Flight, now_us: u64) -> usize {
        let (newest, before) = self.newest.unwrap_or((stray.block.id, FIRST_POSITION));
        if let Some(ahead @ 1..=SKIPPED) = distance(newest, stray.block.id) {
            self.statistics.skipped += ahead.unsigned_abs() - 1;
        }
        self.all_were_sent(now_us);
        self.opening = None;
        stray.position = before + 1;
        self.newest = Some((stray.block.id, stray.position));
        self.first = stray.position;
        self.insert(stray)
    }

    /// The stray block was a lie.
    pub(super) fn forget(&mut self, stray: Flight) {
        self.statistics.refused.add(Refusal::FarBlock, stray.block.packets());
        stray.image.into_iter().for_each(|image| self.pool.release(image));
    }

    /// A new block, where there is room for its image.
    fn begin(&mut self, id: BlockId, position: u64, now_us: u64) -> Option<usize> {
        let flight = Flight::new(id, position, self.capacity_of(id), now_us);
        let index = self.insert(flight);
        self.with_image(index, now_us)
    }

    /// See that a block of which a packet came has memory for its image. Where there is none, the oldest block makes
    /// room if the images are not in the hands of the application; else this one is dropped.
    fn with_image(&mut self, index: usize, now_us: u64) -> Option<usize> {
        let flight = self.flights.get(index)?;
        if flight.image.is_some() {
            return Some(index);
        }
        let (id, position) = (flight.block.id, flight.position);
        let mut image = self.pool.acquire();
        let lent = self.lent.iter().filter(|&&lent| lent).count();
        let older = |flights: &[Flight]| flights.first().is_some_and(|oldest| oldest.position < position);
        while image.is_none() && lent <= self.options.buffers / 2 && older(&self.flights) {
            self.give_up(0);
            image = self.pool.acquire();
        }
        let index = self.flights.iter().position(|flight| flight.position == position)?;
        let Some(image) = image else {
            self.flights.remove(index);
            self.recent.add(id, 0, true);
            self.statistics.queue_full += 1;
            return None;
        };
        let flight = self.flights.get_mut(index)?;
        flight.image = Some(image);
        flight.first_at_ns = self.now_ns;
        flight.received(self.now_ns, now_us, u64::MAX);
        Some(index)
    }

    /// Insert a flight in order; where it is then.
    fn insert(&mut self, flight: Flight) -> usize {
        let index = self.flights.partition_point(|other| other.position < flight.position);
        self.flights.insert(index, flight);
        index
    }

    fn capacity_of(&self, id: BlockId) -> Capacity {
        self.capacity[usize::from(id.is_extended())]
    }
}
