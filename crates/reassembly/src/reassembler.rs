use crate::block::Extent;
use crate::finished::{Finished, ImageKey};
use crate::flight::{Flight, Patience};
use crate::flow::Flow;
use crate::geometry::Capacity;
use crate::options::Options;
use crate::pool::Pool;
use crate::session::Recent;
use crate::statistics::{Refusal, Statistics};
use crate::throttle::Throttle;
use framewire_gige_vision::gvsp::{Content, Format, Header};
use framewire_gige_vision::{BlockId, Error, Status};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

mod outcome;
mod routing;

/// Where positions begin: there is room before the first block.
const FIRST_POSITION: u64 = 1 << 32;

/// A datagram as it was received.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// As much of it as there was room for.
    pub bytes: &'a [u8],
    /// Bytes that were sent.
    pub length: usize,
    /// Who sent it.
    pub from: Ipv4Addr,
    /// When the kernel received it, in ns since 1970.
    pub received_at_ns: u64,
}

/// Packets of one stream session to blocks. Times are in microseconds of a clock that never goes back.
pub struct Reassembler {
    options: Options,
    patience: Patience,
    pool: Pool,
    /// In order of their positions.
    flights: Vec<Flight>,
    /// Which of them the last packet belonged to.
    current: usize,
    /// One whose id is far from all others: a lie, or the camera began anew.
    stray: Option<Flight>,
    newest: Option<(BlockId, u64)>,
    /// Position of the first block since ids began where they did.
    first: u64,
    /// While blocks before the first one may still come, since its packets overtook theirs.
    opening: Option<Opening>,
    finished: BTreeMap<u64, Finished>,
    /// Images handed out.
    lent: Vec<bool>,
    recent: Recent,
    /// By the width of ids.
    capacity: [Capacity; 2],
    like: Option<Extent>,
    throttle: Throttle,
    flow: Flow,
    statistics: Statistics,
    /// When the packet in hand was received.
    now_ns: u64,
    ended: bool,
}

/// The beginning of a session.
struct Opening {
    since_us: u64,
    packets: u64,
    /// The first packet may have overtaken blocks: nothing is handed out as long as they may come.
    waits: bool,
}

impl Reassembler {
    /// For one stream session. `previous` is what [`Reassembler::end`] of the camera's last one returned; what is none
    /// of that is ignored.
    pub fn new(options: Options, previous: &[u8]) -> Self {
        let capacity = |id| Capacity::of(options.packet_size, id);
        Self {
            patience: Patience { idle_us: options.idle_us.max(1), resend: options.resend },
            pool: Pool::new(options.buffers, options.block_bytes),
            flights: Vec::new(),
            current: 0,
            stray: None,
            newest: None,
            first: FIRST_POSITION,
            opening: None,
            finished: BTreeMap::new(),
            lent: Vec::new(),
            recent: Recent::after(previous).unwrap_or_default(),
            capacity: [capacity(BlockId::Bits16(1)), capacity(BlockId::Bits64(1))],
            like: None,
            throttle: Throttle::new(options.resend.map_or(1, |policy| policy.per_second)),
            flow: Flow::new(),
            statistics: Statistics::default(),
            now_ns: 0,
            ended: false,
            options,
        }
    }

    /// Take a packet in.
    #[inline]
    pub fn receive(&mut self, packet: &Packet<'_>, now_us: u64) {
        if packet.from != self.options.source {
            self.statistics.foreign += 1;
            return;
        }
        self.now_ns = packet.received_at_ns;
        self.flow.packet(now_us);
        self.statistics.packets += 1;
        self.statistics.bytes += packet.length as u64;
        if let Err(refusal) = self.accept(packet, now_us) {
            self.statistics.refused.add(refusal, 1);
        }
    }

    #[inline]
    fn accept(&mut self, packet: &Packet<'_>, now_us: u64) -> Result<(), Refusal> {
        if packet.length > packet.bytes.len() {
            return Err(Refusal::Oversized);
        }
        let (header, content) = Header::parse(packet.bytes).map_err(Refusal::of_unreadable)?;
        if header.status.is_error() {
            return self.failed(&header, now_us);
        }
        if header.format == Format::Payload && self.append(&header, content, now_us) {
            return Ok(());
        }
        let content = Content::parse(header.format, content);
        let index = match self.flights.get(self.current) {
            Some(flight) if flight.block.id == header.block && flight.image.is_some() => self.current,
            _ => match self.find(&header, &content, now_us)? {
                Some(index) => index,
                None => return Ok(()),
            },
        };
        self.place(index, &header, content, now_us)
    }

    /// The packet behind the last one of the same block, which nearly all are: whether it is that.
    #[inline]
    fn append(&mut self, header: &Header, data: &[u8], now_us: u64) -> bool {
        let Some(flight) = self.flights.get_mut(self.current) else { return false };
        let Some(image) = flight.image.filter(|_| flight.block.id == header.block) else { return false };
        let appended = flight.block.append(header.packet, data, self.pool.image(image));
        if appended {
            flight.touch(self.now_ns, now_us);
        }
        appended
    }

    #[inline]
    fn place(
        &mut self,
        index: usize,
        header: &Header,
        content: Result<Content<'_>, Error>,
        now_us: u64,
    ) -> Result<(), Refusal> {
        let Some(flight) = self.flights.get_mut(index) else { return Ok(()) };
        self.current = index;
        let due_us = self.patience.first_due_us(now_us);
        let image = flight.image.map_or(&mut [][..], |image| self.pool.image(image));
        let placed =
            flight.place(header.packet, content, image, [now_us, due_us], self.now_ns, &mut self.statistics);
        match placed {
            Ok(true) => self.finish(index),
            Ok(false) => {}
            Err(refusal) => {
                if header.packet == 0 && refusal.is_of_block() {
                    self.drop_block(index);
                }
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// A packet in which the device says that it does not have what was asked for.
    #[cold]
    fn failed(&mut self, header: &Header, now_us: u64) -> Result<(), Refusal> {
        let packets = match header.status {
            Status::PacketNotYetAvailable | Status::PacketTemporarilyUnavailable | Status::Busy => {
                return Ok(())
            }
            Status::PacketAndPrevRemovedFromMemory => 0..=header.packet,
            _ => header.packet..=header.packet,
        };
        let flight = self.flights.iter_mut().find(|flight| flight.block.id == header.block);
        let gone = flight.map_or(0, |flight| {
            flight.look_us = flight.look_us.min(now_us);
            flight.block.gaps.give_up(packets)
        });
        if gone == 0 {
            return Err(Refusal::Status);
        }
        self.statistics.unavailable += u64::from(gone);
        Ok(())
    }

    /// The images of finished blocks lie here until they are released.
    pub fn image(&mut self, image: ImageKey) -> &[u8] {
        self.pool.image(image.0)
    }

    /// Give the memory of an image that was handed out back; doing so again does nothing.
    pub fn release(&mut self, image: ImageKey) {
        if let Some(lent) = self.lent.get_mut(image.0).filter(|lent| **lent) {
            *lent = false;
            self.pool.release(image.0);
        }
    }

    /// Blocks in flight, those included of which nothing came though later ones did.
    pub fn in_flight(&self) -> usize {
        self.flights.len() + usize::from(self.stray.is_some())
    }

    /// What was counted so far.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }
}
