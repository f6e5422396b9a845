use super::Reassembler;
use crate::finished::{Finished, ImageKey};
use crate::flight::{Flight, OVERTAKEN_PACKETS};
use crate::gaps::Turn;
use framewire_gige_vision::gvcp::Resend;

/// What becomes of blocks, and what is to be done about what is missing.
impl Reassembler {
    /// Let time pass. Call it after what has arrived was taken in, and when something is due.
    pub fn advance(&mut self, now_us: u64) {
        if self.opening.as_ref().is_some_and(|opening| {
            let waited_us = now_us.saturating_sub(opening.since_us);
            let overtaken = self.statistics.packets >= opening.packets + OVERTAKEN_PACKETS;
            waited_us >= self.patience.idle_us || (overtaken && waited_us >= self.patience.first_us())
        }) {
            self.opening = None;
        }
        if self.stray.as_ref().is_some_and(|stray| stray.is_idle(now_us, &self.patience)) {
            self.stray.take().into_iter().for_each(|stray| self.forget(stray));
        }
        let mut index = 0;
        while let Some(flight) = self.flights.get_mut(index) {
            if !flight.is_sent() && flight.is_idle(now_us, &self.patience) {
                // What is missing has been waited for long enough.
                flight.was_sent(now_us, self.statistics.packets, now_us);
            }
            if flight.is_hopeless(now_us, self.statistics.packets, &self.patience) {
                self.give_up(index);
                continue;
            }
            index += 1;
        }
    }

    /// Ask for what is due again, for `most` packets at once: `send` is given each request, and says whether there is room
    /// for more of them.
    pub fn resends(&mut self, now_us: u64, mut most: u32, mut send: impl FnMut(Resend) -> bool) {
        let Some(policy) = self.patience.resend else { return };
        let (throttle, statistics) = (&mut self.throttle, &mut self.statistics);
        let turn = Turn {
            now_us,
            first_us: self
                .flow
                .settled_us(now_us, policy.silent_us)
                .saturating_add(policy.first_us)
                .min(now_us),
            again_us: policy.again_us.max(1),
            attempts: policy.attempts,
            heard_us: self.flow.last_us(),
        };
        let mut room = true;
        for flight in self.flights.iter_mut().filter(|flight| flight.look_us <= now_us) {
            let block = flight.block.id;
            flight.block.gaps.ask(&turn, |first_packet, last_packet| {
                if !room || most == 0 || !throttle.take(now_us) {
                    return None;
                }
                let last_packet = last_packet.min(first_packet.saturating_add(most - 1));
                most -= last_packet - first_packet + 1;
                statistics.resend_requests += 1;
                statistics.resend_packets_asked += u64::from(last_packet - first_packet) + 1;
                room = send(Resend { stream_channel: 0, block, first_packet, last_packet });
                Some(last_packet)
            });
            flight.look_later(now_us, &self.patience);
        }
    }

    /// The next block that is done with, in order of block ids.
    pub fn next_block(&mut self) -> Option<Finished> {
        let first = self.finished.first_entry()?;
        let waits = self.flights.first().is_some_and(|flight| flight.position < *first.key());
        if waits || self.opening.as_ref().is_some_and(|opening| opening.waits) {
            return None;
        }
        self.opening = None;
        let finished = first.remove();
        let ImageKey(image) = finished.image;
        if self.lent.len() <= image {
            self.lent.resize(image + 1, false);
        }
        self.lent[image] = true;
        Some(finished)
    }

    /// When something is due though no packet came.
    pub fn due_us(&self) -> Option<u64> {
        let silent_us = self.options.resend.map_or(0, |policy| policy.silent_us);
        let ready_us = self.throttle.ready_us().max(self.flow.last_us().saturating_add(silent_us));
        let flights = self.flights.iter().map(|flight| match flight.look_us.max(ready_us) {
            // Nothing can be asked for before.
            ready if ready > flight.look_us => flight.due_us(&self.patience).max(ready),
            _ => flight.due_us(&self.patience),
        });
        let opening = self
            .opening
            .iter()
            .filter(|opening| opening.waits)
            .map(|opening| opening.since_us.saturating_add(self.patience.idle_us));
        let stray = self.stray.iter().map(|stray| stray.idle_us(&self.patience));
        flights.chain(opening).chain(stray).min()
    }

    /// No more packets will be taken in: every block in flight is done with now. What the next session has to know.
    pub fn end(&mut self) -> Vec<u8> {
        self.ended = true;
        self.opening = None;
        if let Some(stray) = self.stray.take() {
            // Whether it was one or not: what else comes of it is none of the next session.
            self.remember(&stray);
            self.forget(stray);
        }
        while !self.flights.is_empty() {
            self.give_up(0);
        }
        self.recent.end()
    }

    /// Every packet of a block is there.
    pub(super) fn finish(&mut self, index: usize) {
        let flight = self.flights.remove(index);
        self.statistics.complete += 1;
        self.statistics.recovered += u64::from(flight.block.resent > 0);
        self.done(flight, true);
    }

    /// What is missing of a block will not come.
    pub(super) fn give_up(&mut self, index: usize) {
        let flight = self.flights.remove(index);
        if flight.block.packets() > 0 {
            self.statistics.incomplete += 1;
            self.done(flight, false);
        } else {
            self.statistics.skipped += 1;
            self.forget_block(flight);
        }
    }

    /// Nothing of a block can be used.
    pub(super) fn drop_block(&mut self, index: usize) {
        let flight = self.flights.remove(index);
        self.forget_block(flight);
    }

    fn forget_block(&mut self, flight: Flight) {
        flight.image.into_iter().for_each(|image| self.pool.release(image));
        self.recent.add(flight.block.id, 0, false);
    }

    fn remember(&mut self, flight: &Flight) {
        let timestamp = flight.block.leader.map_or(0, |leader| leader.timestamp);
        self.recent.add(flight.block.id, timestamp, false);
    }

    fn done(&mut self, mut flight: Flight, complete: bool) {
        let Some(image) = flight.image else { return };
        self.remember(&flight);
        let block = &mut flight.block;
        if let Some(capacity) = block.capacity_shown() {
            self.capacity[usize::from(block.id.is_extended())] = capacity;
        }
        let like = self.like.or_else(|| self.flights.iter().find_map(|flight| flight.block.extent()));
        let (bytes, missing) = block.finish(like, &mut self.statistics.refused);
        self.like = block.extent().or(self.like);
        self.statistics.missing_packets +=
            missing.iter().map(|(first, last)| u64::from(last - first) + 1).sum::<u64>();
        if !complete && !self.options.deliver_incomplete {
            self.pool.release(image);
            return;
        }
        let pixels = self.pool.image(image);
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).min(pixels.len());
        for &(first, last) in &missing {
            block.clear(first, last, &mut pixels[..bytes]);
        }
        let finished = Finished {
            id: block.id,
            complete,
            missing,
            packet_bytes: block.capacity.bytes,
            leader: block.leader,
            bytes,
            first_at_ns: flight.first_at_ns,
            received_at_ns: flight.last_at_ns,
            resent: block.resent,
            image: ImageKey(image),
        };
        self.finished.insert(flight.position, finished);
    }
}
