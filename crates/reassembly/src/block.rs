use crate::gaps::Gaps;
use crate::geometry::{image_bytes, Capacity};
use crate::statistics::{Refusal, Refusals};
use framewire_gige_vision::gvsp::{Content, Leader, Trailer};
use framewire_gige_vision::BlockId;

/// A block on its way: what came of it, and what that says of the rest. Whatever contradicts what came before is
/// refused, never placed.
pub(crate) struct Block {
    pub id: BlockId,
    pub gaps: Gaps,
    pub capacity: Capacity,
    pub leader: Option<Leader>,
    trailer: Option<Trailer>,
    /// Bytes of the image, once the leader said so.
    bytes: Option<u64>,
    /// Packet id of the trailer, once leader or trailer said so.
    end: Option<u32>,
    /// A payload packet with fewer bytes than others: the last one, or a wrong one. A later packet or the trailer tells.
    short: Option<Short>,
    /// Payload packets that were placed.
    payloads: u32,
    /// One of them had as many bytes as the capacity says.
    full: bool,
    /// Packets that came because they were asked for again.
    pub resent: u32,
}

#[derive(Clone, Copy)]
struct Short {
    packet: u32,
    bytes: u32,
}

impl Block {
    pub fn new(id: BlockId, capacity: Capacity) -> Self {
        Self {
            id,
            gaps: Gaps::default(),
            capacity,
            leader: None,
            trailer: None,
            bytes: None,
            end: None,
            short: None,
            payloads: 0,
            full: false,
            resent: 0,
        }
    }

    /// Place a payload packet where it follows the one before and is like it; whether it does.
    #[inline]
    pub fn append(&mut self, packet: u32, data: &[u8], image: &mut [u8]) -> bool {
        let follows = packet == self.gaps.next()
            && packet > 0
            && data.len() == self.capacity.bytes as usize
            && self.end.is_none_or(|end| packet + 1 < end)
            && self.short.is_none();
        let offset = usize::try_from(self.capacity.offset(packet)).unwrap_or(usize::MAX);
        match image.get_mut(offset..).and_then(|image| image.get_mut(..data.len())) {
            Some(place) if follows => place.copy_from_slice(data),
            _ => return false,
        }
        self.gaps.extend();
        self.payloads += 1;
        self.full = true;
        true
    }

    /// Take a packet in that is not there yet. What turns out to be missing is due at `due_us`.
    #[inline]
    pub fn place(
        &mut self,
        packet: u32,
        content: &Content<'_>,
        image: &mut [u8],
        due_us: u64,
        refused: &mut Refusals,
    ) -> Result<(), Refusal> {
        match content {
            Content::Payload(data) => self.place_payload(packet, data, image, due_us, refused)?,
            Content::Leader(leader) => self.place_leader(packet, leader, image.len(), due_us, refused)?,
            Content::Trailer(trailer) => self.place_trailer(packet, trailer, image.len())?,
        }
        if self.gaps.fill(packet, due_us) {
            self.resent += 1;
        }
        if !matches!(content, Content::Payload(_)) {
            self.check_short(due_us, refused);
        }
        Ok(())
    }

    /// Whether a packet that comes again says the same as the first time. (Payloads are not compared.)
    pub fn repeats(&self, packet: u32, content: &Content<'_>) -> Result<(), Refusal> {
        match content {
            Content::Leader(leader) if packet != 0 || self.leader != Some(*leader) => Err(Refusal::Leader),
            Content::Trailer(trailer) if self.end != Some(packet) || self.trailer != Some(*trailer) => {
                Err(Refusal::Trailer)
            }
            Content::Payload(_) if packet == 0 || (self.trailer.is_some() && self.end == Some(packet)) => {
                Err(Refusal::PayloadId)
            }
            _ => Ok(()),
        }
    }

    #[inline]
    fn place_payload(
        &mut self,
        packet: u32,
        data: &[u8],
        image: &mut [u8],
        due_us: u64,
        refused: &mut Refusals,
    ) -> Result<(), Refusal> {
        if packet == 0 || self.end.is_some_and(|end| packet >= end) {
            return Err(Refusal::PayloadId);
        }
        if self.capacity.offset(packet) >= image.len() as u64 {
            return Err(Refusal::PayloadId);
        }
        let mut data = data;
        if data.len() != self.capacity.bytes as usize || self.is_last(packet) || self.short.is_some() {
            data = self.fit(packet, data, due_us, refused)?;
        } else {
            self.full = true;
        }
        let offset = usize::try_from(self.capacity.offset(packet)).map_err(|_| Refusal::PayloadId)?;
        let place = image.get_mut(offset..).filter(|place| !place.is_empty()).ok_or(Refusal::PayloadId)?;
        // What pads the last packet may go beyond the image.
        let length = data.len().min(place.len());
        place[..length].copy_from_slice(&data[..length]);
        self.payloads += 1;
        Ok(())
    }

    #[inline]
    fn is_last(&self, packet: u32) -> bool {
        self.bytes.is_some() && self.end == Some(packet + 1)
    }

    /// The part of an unusual payload that belongs to the image.
    #[cold]
    fn fit<'a>(
        &mut self,
        packet: u32,
        data: &'a [u8],
        due_us: u64,
        refused: &mut Refusals,
    ) -> Result<&'a [u8], Refusal> {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        if length == 0 || length > self.capacity.bytes {
            return Err(Refusal::PayloadSize);
        }
        if let Some(bytes) = self.bytes.filter(|_| self.is_last(packet)) {
            // It may be padded.
            let left =
                usize::try_from(bytes.saturating_sub(self.capacity.offset(packet))).unwrap_or(usize::MAX);
            if let Some(data) = data.get(..left) {
                self.drop_short_before(packet, due_us, refused);
                return Ok(data);
            }
        }
        if length < self.capacity.bytes {
            if !self.learn(length, due_us, refused) {
                // It can be the last one only where nothing but the trailer came from behind it.
                let before_trailer = self.bytes.is_none() && self.end == Some(packet + 1);
                if packet + 1 < self.gaps.next() && !before_trailer {
                    return Err(Refusal::PayloadSize);
                }
                self.drop_short_before(packet, due_us, refused);
                self.short = Some(Short { packet, bytes: length });
            }
            return Ok(data);
        }
        self.drop_short_before(packet, due_us, refused);
        Ok(data)
    }

    /// Take the size of the block's first payload packet for that of all, where the device's is not known yet.
    fn learn(&mut self, length: u32, due_us: u64, refused: &mut Refusals) -> bool {
        let Some(bytes) = self.bytes else { return false };
        let others = self.payloads - u32::from(self.short.is_some());
        if self.trailer.is_some() || others > 0 || !self.capacity.may_be(length) {
            return false;
        }
        // The first one lies where it does whatever the size.
        if let Some(short) = self.short.take_if(|short| short.packet != 1 || short.bytes != length) {
            self.lose(short, due_us, refused);
        }
        self.short = None;
        self.capacity = Capacity { bytes: length, settled: false };
        self.end = Some(self.capacity.packets(bytes) + 1);
        true
    }

    /// A short packet was not the last one: it lied.
    fn drop_short_before(&mut self, packet: u32, due_us: u64, refused: &mut Refusals) {
        if let Some(short) = self.short.take_if(|short| short.packet < packet) {
            self.lose(short, due_us, refused);
        }
    }

    fn lose(&mut self, short: Short, due_us: u64, refused: &mut Refusals) {
        self.gaps.lose(short.packet, due_us);
        self.payloads -= 1;
        refused.add(Refusal::PayloadSize, 1);
    }

    fn place_leader(
        &mut self,
        packet: u32,
        leader: &Leader,
        limit: usize,
        due_us: u64,
        refused: &mut Refusals,
    ) -> Result<(), Refusal> {
        if packet != 0 {
            return Err(Refusal::Leader);
        }
        if leader.image_bytes() == Some(0) {
            return Err(Refusal::EmptyImage);
        }
        let fits = |bytes: &u64| usize::try_from(*bytes).is_ok_and(|bytes| bytes <= limit);
        if leader.image_bytes().filter(fits).is_none() {
            return Err(Refusal::LargeImage);
        }
        let (bytes, end) = self.extent_by(leader, self.trailer.as_ref(), self.end).ok_or(Refusal::Leader)?;
        if self.gaps.next() > end + u32::from(self.trailer.is_some()) {
            let proved = self.capacity.settled || self.full || self.trailer.is_some();
            let Some(short) = self.short.take_if(|_| !proved) else { return Err(Refusal::Leader) };
            // Nothing came but one packet of a size that is not this device's last: begin anew.
            self.lose(short, due_us, refused);
            self.gaps = Gaps::default();
        }
        (self.leader, self.bytes, self.end) = (Some(*leader), Some(bytes), Some(end));
        Ok(())
    }

    fn place_trailer(&mut self, packet: u32, trailer: &Trailer, limit: usize) -> Result<(), Refusal> {
        // Nothing comes behind a trailer, but for the gaps of a block that was taken for longer.
        let contradicted = packet < self.gaps.next() && !self.ends_before(packet);
        // There is at least one payload packet, and the last one begins within the largest image.
        let possible = packet >= 2 && self.capacity.offset(packet - 1) < limit as u64;
        if !possible || contradicted || self.trailer.is_some() {
            return Err(Refusal::Trailer);
        }
        match &self.leader {
            Some(leader) => {
                let (bytes, end) =
                    self.extent_by(leader, Some(trailer), Some(packet)).ok_or(Refusal::Trailer)?;
                (self.bytes, self.end) = (Some(bytes), Some(end));
            }
            None => self.end = Some(packet),
        }
        self.trailer = Some(*trailer);
        self.gaps.shorten(packet);
        Ok(())
    }

    /// Whether nothing came from this packet on.
    fn ends_before(&self, packet: u32) -> bool {
        self.gaps.last().is_some_and(|(first, last)| first <= packet && last + 1 == self.gaps.next())
    }

    /// Bytes of the image and packet id of its trailer; `None` where the latter is known to be another.
    fn extent_by(&self, leader: &Leader, trailer: Option<&Trailer>, end: Option<u32>) -> Option<(u64, u32)> {
        // By the rows that were sent, or, where a device states something else there, by those of the leader.
        let heights = [trailer.map_or(0, |trailer| trailer.height), 0];
        heights.into_iter().find_map(|height| {
            let bytes = image_bytes(leader, height).filter(|&bytes| bytes > 0)?;
            let by_bytes = self.capacity.packets(bytes) + 1;
            (trailer.is_none() || end.is_none_or(|end| end == by_bytes)).then_some((bytes, by_bytes))
        })
    }

    /// Leader or trailer came: a short packet must be what they make the last one. By the leader alone the image may still
    /// be shorter.
    fn check_short(&mut self, due_us: u64, refused: &mut Refusals) {
        let (Some(end), Some(short)) = (self.end, self.short) else { return };
        let reach = self.capacity.offset(short.packet) + u64::from(short.bytes);
        let is_last = short.packet + 1 == end && self.bytes.is_none_or(|bytes| reach >= bytes);
        if is_last && self.bytes.is_some() {
            self.short = None;
        } else if !is_last && self.trailer.is_some() {
            self.short = None;
            self.lose(short, due_us, refused);
        }
    }

    /// Whether leader, trailer and every payload packet are there.
    #[inline]
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
            && self.trailer.is_some()
            && self.leader.is_some()
            && self.end.is_some_and(|end| self.gaps.next() == end.saturating_add(1))
    }

    /// Later blocks have begun, or nothing came for long: what is missing at the end is missing now.
    pub fn close(&mut self, due_us: u64) {
        if let Some(end) = self.end {
            self.gaps.close(end, due_us);
        }
    }

    /// No packet follows: what could not be proved to belong to the image is missing. Bytes of the image, and the
    /// packets that are missing. `like` is what an earlier block was like, for one without leader and trailer.
    pub fn finish(&mut self, like: Option<Extent>, refused: &mut Refusals) -> (u64, Vec<(u32, u32)>) {
        if self.bytes.is_some() {
            if let Some(short) = self.short.take() {
                self.lose(short, 0, refused);
            }
        }
        let next = self.gaps.next();
        let end = self.end.or(self.short.map(|short| short.packet + 1));
        let alike = like.filter(|like| end.map_or(like.end >= next, |end| end == like.end));
        let end = end.or(alike.map(|like| like.end)).unwrap_or(next);
        self.gaps.close(end, 0);
        let bytes = match (self.bytes, self.short) {
            (Some(bytes), _) => bytes,
            (None, Some(short)) => self.capacity.offset(short.packet) + u64::from(short.bytes),
            (None, None) => alike.map_or(self.capacity.offset(end), |like| like.bytes),
        };
        (bytes, self.gaps.missing())
    }

    /// What the block is like, where its leader came.
    pub fn extent(&self) -> Option<Extent> {
        Some(Extent { end: self.end?, bytes: self.bytes? })
    }

    /// Packets that came.
    pub fn packets(&self) -> u64 {
        u64::from(self.payloads) + u64::from(self.leader.is_some()) + u64::from(self.trailer.is_some())
    }

    /// Where these packets are missing, the image holds what was there before it: clear that.
    pub fn clear(&self, first: u32, last: u32, image: &mut [u8]) {
        let from = self.capacity.offset(first.max(1)).min(image.len() as u64);
        let to = self.capacity.offset(last.saturating_add(1)).min(image.len() as u64);
        image[from as usize..to as usize].fill(0);
    }

    /// The capacity, where a packet of that size came.
    pub fn capacity_shown(&self) -> Option<Capacity> {
        (self.full && self.leader.is_some()).then_some(Capacity { settled: true, ..self.capacity })
    }
}

/// Bytes of an image, and packet id of its trailer.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub end: u32,
    pub bytes: u64,
}
