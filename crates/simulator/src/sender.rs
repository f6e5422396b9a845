use crate::block::{Block, Label, Shape, PASSED, WHOLE};
use crate::chance::{Cause, Chance, Draw};
use crate::ring::Ring;
use crate::scene::Scene;
use crate::script::{plain, Script, Step};
use crate::twist::Twist;
use crate::{Faults, Hostile, Record, Stream, Unsendable};
use framewire_gige_vision::gvcp::Resend;
use framewire_gige_vision::gvsp::{Flags, Format, Header};
use framewire_gige_vision::{BlockId, Status};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Packets that wait to be sent again, at most; a host that asks for more is not answered.
const MAX_RESENDS: usize = 1 << 16;
/// Packets of one request that are told to be unavailable, at most.
const MAX_UNAVAILABLE: u32 = 1 << 10;
/// How far ahead of the newest one a 16-bit id is that was not sent yet, at most; farther ones are of the past.
const AHEAD: u64 = 0x4000;

/// What a camera is like for good.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Of everything that is drawn.
    pub seed: u64,
    /// Blocks that can be sent again.
    pub ring_blocks: usize,
    /// Finished frames of which a record is kept; older ones give way.
    pub record_frames: usize,
    /// What goes wrong.
    pub faults: Faults,
    /// What is done on purpose.
    pub hostile: Option<Hostile>,
    /// Packets that are sent again say so in their status (extended ones do so in a flag in any case).
    pub resend_status: bool,
    /// Id of the first block.
    pub first_id: BlockId,
    /// Ids go on in the next session, in place of beginning anew.
    pub ids_go_on: bool,
}

/// Who sends a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The camera.
    Camera,
    /// Somebody else, from another port.
    Stranger,
}

/// What becomes of packets that were asked for again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resent {
    /// Are sent again, lost ones included.
    pub packets: u32,
    /// Were not sent even once yet, and are left out.
    pub premature: u32,
    /// The camera no longer has, and says so.
    pub unavailable: u32,
}

/// A camera's stream channel.
#[derive(Debug)]
pub struct Sender {
    options: Options,
    chance: Chance,
    session: u32,
    shape: Option<Rc<Shape>>,
    /// Of the next frame.
    number: u64,
    id: BlockId,
    pixels: Vec<u8>,
    spare: Vec<u8>,
    ring: Ring,
    /// Frames that were taken and not begun to be sent yet.
    waiting: VecDeque<Block>,
    script: Script,
    resends: VecDeque<Again>,
    burst: u32,
    records: VecDeque<Record>,
}

/// What a resend is answered with.
#[derive(Debug)]
enum Again {
    Packet(Step),
    Unavailable(BlockId, u32),
}

impl Sender {
    /// A camera that has not sent anything.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            chance: Chance::new(options.seed),
            session: 0,
            shape: None,
            number: 0,
            id: options.first_id,
            pixels: Vec::new(),
            spare: Vec::new(),
            ring: Ring::new(options.ring_blocks),
            waiting: VecDeque::new(),
            script: Script::new(),
            resends: VecDeque::new(),
            burst: 0,
            records: VecDeque::new(),
        }
    }

    /// Begin a session.
    pub fn start(&mut self, stream: Stream) -> Result<(), Unsendable> {
        self.stop();
        self.session += 1;
        if !self.options.ids_go_on {
            self.id = self.options.first_id;
        }
        self.shape = Some(Rc::new(stream.shape(self.id)?));
        Ok(())
    }

    /// End the session at once: what was not sent yet never is.
    pub fn stop(&mut self) {
        self.shape = None;
        self.script.clear();
        self.resends.clear();
        self.burst = 0;
        for block in std::mem::take(&mut self.waiting) {
            self.keep(block);
        }
    }

    /// Where the pixels of the next frame belong, where they are a recording's; empty where they are not.
    pub fn pixels(&mut self) -> &mut [u8] {
        let bytes = match &self.shape {
            Some(shape) if matches!(shape.scene, Scene::Recorded) => shape.image.bytes(),
            _ => 0,
        };
        if self.pixels.len() != bytes {
            self.pixels = std::mem::take(&mut self.spare);
            self.pixels.resize(bytes, 0);
        }
        &mut self.pixels
    }

    /// A frame is taken, at this time in ticks of the camera's clock; its running number. Before the first session
    /// nothing happens.
    pub fn take(&mut self, timestamp: u64) -> u64 {
        self.pixels();
        let pixels = std::mem::take(&mut self.pixels);
        self.queue(timestamp, 0, pixels)
    }

    /// As [`Sender::take`], in a session of Telops images: a frame with this id, and this at the start of its header rows.
    pub fn take_headed(&mut self, timestamp: u64, frame_id: u32, header: &[u8]) -> u64 {
        self.queue(timestamp, frame_id, header.to_vec())
    }

    fn queue(&mut self, timestamp: u64, frame_id: u32, pixels: Vec<u8>) -> u64 {
        let number = self.number;
        let Some(shape) = self.shape.clone() else { return number };
        self.number += 1;
        let id = self.id;
        self.id = id.next();
        if self.options.faults.skips(number) {
            let none = Vec::new;
            let (dropped, damaged, altered, missing) = (none(), none(), none(), none());
            self.file(Record { number, id: id.value(), packets: 0, dropped, damaged, altered, missing });
            self.spare = pixels;
            return number;
        }
        let fates = vec![0; shape.trailer() as usize + 1];
        let (session, attempts) = (self.session, HashMap::new());
        self.waiting.push_back(Block {
            number,
            session,
            id,
            timestamp,
            shape,
            frame_id,
            pixels,
            fates,
            attempts,
        });
        number
    }

    /// Frames that were taken and not sent whole yet.
    pub fn backlog(&self) -> usize {
        self.waiting.len() + usize::from(!self.script.is_empty())
    }

    /// Put the packet that comes next in `packet`; who sends it, or `None` where there is nothing to be sent.
    pub fn next(&mut self, packet: &mut Vec<u8>) -> Option<Origin> {
        loop {
            match self.resends.pop_front() {
                Some(Again::Unavailable(id, number)) => {
                    self.unavailable(id, number, packet);
                    return Some(Origin::Camera);
                }
                Some(Again::Packet(step)) => {
                    if self.write(step, packet) {
                        return Some(step.origin);
                    }
                    continue;
                }
                None => {}
            }
            if self.script.is_empty() && !self.begin() {
                return None;
            }
            let Some(step) = self.script.pop_front() else { continue };
            if let Some(block) = self.ring.by_number(step.frame) {
                block.note(step.packet, PASSED);
            }
            if !step.lost && self.write(step, packet) {
                return Some(step.origin);
            }
        }
    }

    /// A host asks for packets again.
    pub fn resend(&mut self, asked: &Resend) -> Resent {
        let ahead = self.is_ahead(asked.block);
        let resend_loss = self.options.faults.resend_loss;
        let resend_wrong = self.options.faults.resend_wrong;
        let mut resent = Resent::default();
        let Some(block) = self.ring.by_id(asked.block) else {
            if ahead {
                resent.premature = 1;
                return resent;
            }
            let last = asked.last_packet.min(asked.first_packet.saturating_add(MAX_UNAVAILABLE - 1));
            for packet in asked.first_packet..=last {
                if self.resends.len() >= MAX_RESENDS {
                    break;
                }
                self.resends.push_back(Again::Unavailable(asked.block, packet));
                resent.unavailable += 1;
            }
            return resent;
        };
        let last = asked.last_packet.min(block.shape.trailer());
        for packet in asked.first_packet..=last {
            if block.fates.get(packet as usize).is_some_and(|fate| fate & PASSED == 0) {
                resent.premature += 1;
                continue;
            }
            if self.resends.len() >= MAX_RESENDS {
                break;
            }
            let draw = Draw { frame: block.number, packet, attempt: block.attempt(packet) };
            resent.packets += 1;
            if self.options.faults.mutes(block.number)
                || self.chance.happens(resend_loss, Cause::ResendLoss, draw)
            {
                continue;
            }
            let step = Step::plain(block.number, packet).twisted(Twist::Again);
            let wrong = self.chance.happens(resend_wrong, Cause::ResendWrong, draw);
            let step = if wrong { wrong_answer(step, block, &self.chance, draw) } else { step };
            self.resends.push_back(Again::Packet(step));
        }
        resent
    }

    /// The records of the frames that were taken, in order. Those of the newest, which could still be sent again, change.
    pub fn records(&self) -> Vec<Record> {
        let mut records: Vec<_> = self.records.iter().cloned().collect();
        records.extend(self.ring.iter().map(Block::record));
        records.sort_by_key(|record| record.number);
        records
    }

    /// Write the script of the next frame, where one waits.
    fn begin(&mut self) -> bool {
        let Some(mut block) = self.waiting.pop_front() else { return false };
        let stale =
            self.ring.of_session_before(self.session).or(self.ring.newest()).map(|block| block.number);
        let steps = plain(&block);
        let steps = match self.options.hostile {
            Some(hostile) => hostile.plot(steps, &block, stale, &self.chance),
            None => steps,
        };
        self.script = self.options.faults.befall(steps, &mut block, &mut self.burst, &self.chance).into();
        self.keep(block);
        true
    }

    fn keep(&mut self, block: Block) {
        if let Some(old) = self.ring.push(block) {
            self.file(old.record());
            self.spare = old.pixels;
        }
    }

    fn file(&mut self, record: Record) {
        if self.records.len() >= self.options.record_frames {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// The packet of a step; false where its block is gone.
    fn write(&mut self, step: Step, packet: &mut Vec<u8>) -> bool {
        let Some(block) = self.ring.by_number(step.frame) else { return false };
        let mut label = Label::default();
        match step.twist {
            Twist::Again => {
                label.flags = Flags::PACKET_RESEND;
                label.status = self.options.resend_status.then_some(Status::PacketResend);
            }
            Twist::Status(status) => label.status = Some(status),
            Twist::Id(id) => label.id = Some(id),
            _ => {}
        }
        block.write(step.packet, label, packet);
        if step.origin == Origin::Camera && matches!(step.twist, Twist::None | Twist::Again) {
            block.note(step.packet, WHOLE);
        }
        let draw = Draw { frame: step.frame, packet: step.packet, attempt: 0 };
        step.twist.apply(packet, label.id.unwrap_or(block.id), &self.chance, draw);
        true
    }

    /// A packet that says that another one is not there any more.
    fn unavailable(&self, id: BlockId, number: u32, packet: &mut Vec<u8>) {
        packet.clear();
        let status = Status::PacketUnavailable;
        let header =
            Header { status, flags: Flags::default(), block: id, packet: number, format: Format::Payload };
        // Cannot fail: the packet id came in a request, where it has as many bits.
        let _ = header.write(packet);
    }

    /// Whether the id is one of the near future.
    fn is_ahead(&self, id: BlockId) -> bool {
        let next = self.waiting.front().map_or(self.id, |block| block.id);
        match (id, next) {
            (BlockId::Bits16(id), BlockId::Bits16(next)) => u64::from(id.wrapping_sub(next)) < AHEAD,
            (BlockId::Bits64(id), BlockId::Bits64(next)) => id >= next,
            _ => false,
        }
    }
}

/// Another packet of the block, as it should be, or the packet under an id that no block near has.
fn wrong_answer(step: Step, block: &Block, chance: &Chance, draw: Draw) -> Step {
    let other = chance.below(u64::from(block.shape.trailer()), Cause::Where, draw) as u32;
    match (chance.below(2, Cause::Where, Draw { packet: !draw.packet, ..draw }), block.id) {
        (0, _) => Step { packet: if other >= step.packet { other + 1 } else { other }, ..step },
        (_, BlockId::Bits16(id)) => step.twisted(Twist::Id(BlockId::Bits16(id ^ 0x4000))),
        (_, BlockId::Bits64(id)) => step.twisted(Twist::Id(BlockId::Bits64(id ^ 1 << 40))),
    }
}
