use crate::block::Block;
use crate::chance::{Cause, Chance, Draw};
use crate::script::Step;
use crate::sender::Origin;
use crate::twist::Twist;
use crate::Image;
use framewire_gige_vision::gvsp::PayloadType;
use framewire_gige_vision::{BlockId, Status};

/// Where in a leader or trailer, from the start of its content on.
mod at {
    pub const PAYLOAD_TYPE: u8 = 2;
    pub const WIDTH: u8 = 16;
    pub const HEIGHT: u8 = 20;
    pub const TRAILER_HEIGHT: u8 = 4;
}

macro_rules! hostile {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// What a malicious or broken camera does, at every second frame: the others are as they should be.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Hostile {
            $($(#[$doc])* $variant,)*
        }

        impl Hostile {
            /// Every behaviour.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in JavaScript.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

hostile! {
    /// Payload packets have changing sizes.
    SizesChange "sizes-change",
    /// The leader claims 4 GB.
    ClaimsFourGigabytes "claims-4-gb",
    /// The leader claims half the rows that come.
    ClaimsTooFew "claims-too-few-rows",
    /// The leader claims twice the rows that come.
    ClaimsTooMany "claims-too-many-rows",
    /// The leader claims an image without pixels.
    ClaimsNothing "claims-no-pixels",
    /// Packets of blocks far ahead come in between.
    FutureIds "future-ids",
    /// The trailer comes before the leader.
    TrailerFirst "trailer-first",
    /// The trailer comes in the middle.
    TrailerEarly "trailer-early",
    /// A second leader says something else.
    LeaderTwice "leader-twice",
    /// Somebody else sends packets of the same block, with other pixels.
    ForeignSender "foreign-sender",
    /// Four times as many packets of made-up blocks come.
    Flood "flood",
    /// Packets without content, and without anything, come in between.
    ZeroLength "zero-length",
    /// Packets of formats that are not supported, and of none, come in between.
    WrongFormats "wrong-formats",
    /// The block says that it has chunk data.
    ChunkData "chunk-data",
    /// The block says that it is multi-part.
    MultiPart "multi-part",
    /// Packets are longer than the packet size.
    Oversize "oversize",
    /// Packets come whose ids are beyond the trailer's.
    BeyondTrailer "beyond-trailer",
    /// The trailer states more rows than the leader.
    TrailerHeight "trailer-height",
    /// The block has the id 0.
    BlockZero "block-zero",
    /// Packets end within their headers, leaders within their fields.
    Truncated "truncated",
    /// Packets state errors.
    StatusErrors "status-errors",
    /// The block comes a second time, with other pixels.
    BlockTwice "block-twice",
    /// Every second packet has the other kind of header.
    MixedIds "mixed-ids",
    /// Packets of the last session come at the start of the next one; later on, those of the frame before.
    LastSession "last-session",
    /// Random bytes come in between.
    Noise "noise",
}

impl Hostile {
    /// The behaviour of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|hostile| hostile.name() == name)
    }

    /// What is sent in place of `steps`, the packets of `block` in order. `stale` is an earlier frame.
    pub fn plot(self, steps: Vec<Step>, block: &Block, stale: Option<u64>, chance: &Chance) -> Vec<Step> {
        if block.number.is_multiple_of(2) {
            return steps;
        }
        let trailer = block.shape.trailer();
        let Image { width, height, .. } = block.shape.image;
        let each = |change: &dyn Fn(Step) -> Step| steps.iter().map(|&step| change(step)).collect();
        let leader = |twist| each(&|step| if step.packet == 0 { step.twisted(twist) } else { step });
        let last = |twist| each(&|step| if step.packet == trailer { step.twisted(twist) } else { step });
        let all = |twist| each(&|step| step.twisted(twist));
        let between = |more: &dyn Fn(Step) -> Vec<Step>| -> Vec<Step> {
            steps.iter().flat_map(|&step| [vec![step], more(step)].concat()).collect()
        };
        let draw = |step: Step| {
            chance.draw(Cause::Hostile, Draw { frame: step.frame, packet: step.packet, attempt: 0 })
        };
        match self {
            Self::SizesChange => each(&|step| match step.packet {
                packet if packet == 0 || packet == trailer => step,
                _ => step.twisted(Twist::ContentBytes((draw(step) % block.shape.capacity as u64) as u16)),
            }),
            Self::ClaimsFourGigabytes => leader(Twist::Word(at::HEIGHT, u32::MAX / width)),
            Self::ClaimsTooFew => leader(Twist::Word(at::HEIGHT, height / 2)),
            Self::ClaimsTooMany => leader(Twist::Word(at::HEIGHT, height.saturating_mul(2))),
            Self::ClaimsNothing => leader(Twist::Word(at::WIDTH, 0)),
            Self::FutureIds => {
                between(&|step| vec![step.twisted(Twist::Id(far(block.id, 20_000 + draw(step) % 10_000)))])
            }
            Self::TrailerFirst => rotated(steps, 1),
            Self::TrailerEarly => {
                let middle = steps.len() / 2;
                [&steps[..middle], &[Step::plain(block.number, trailer)], &steps[middle..]].concat()
            }
            Self::LeaderTwice => {
                let other = Step::plain(block.number, 0).twisted(Twist::Word(at::WIDTH, width + 1));
                [&steps[..1], &[other], &steps[1..]].concat()
            }
            Self::ForeignSender => {
                between(&|step| vec![Step { origin: Origin::Stranger, ..step.twisted(Twist::Inverted) }])
            }
            Self::Flood => between(&|step| {
                let id = |k: u32| far(block.id, 1000 + (draw(step) >> k) % 50_000);
                [0, 12, 24, 36].map(|k| step.twisted(Twist::Id(id(k)))).to_vec()
            }),
            Self::ZeroLength => {
                between(&|step| vec![step.twisted(Twist::Bytes(0)), step.twisted(Twist::ContentBytes(0))])
            }
            Self::WrongFormats => between(&|step| {
                vec![step.twisted(Twist::Format([0, 4, 5, 6, 7, 8, 15][(draw(step) % 7) as usize]))]
            }),
            Self::ChunkData => each(&|step| match step.packet {
                packet if packet == 0 || packet == trailer => {
                    step.twisted(Twist::Half(at::PAYLOAD_TYPE, PayloadType::ImageWithChunks.into()))
                }
                _ => step,
            }),
            Self::MultiPart => each(&|step| match step.packet {
                packet if packet == 0 || packet == trailer => {
                    step.twisted(Twist::Half(at::PAYLOAD_TYPE, PayloadType::MultiPart.into()))
                }
                _ => step.twisted(Twist::Format(7)),
            }),
            Self::Oversize => each(&|step| match step.packet {
                packet if packet == 0 || packet == trailer => step,
                _ => step.twisted(Twist::ContentBytes(
                    block.shape.capacity as u16 + 1 + (draw(step) % 100) as u16,
                )),
            }),
            Self::BeyondTrailer => between(&|step| {
                vec![step.twisted(Twist::Packet(trailer + 1 + (draw(step) % 0x00ff_0000) as u32))]
            }),
            Self::TrailerHeight => last(Twist::Word(at::TRAILER_HEIGHT, height.saturating_mul(2))),
            Self::BlockZero => all(Twist::Id(match block.id {
                BlockId::Bits16(_) => BlockId::Bits16(0),
                BlockId::Bits64(_) => BlockId::Bits64(0),
            })),
            Self::Truncated => each(&|step| match step.packet {
                0 => step.twisted(Twist::Bytes((draw(step) % 40) as u16)),
                packet if packet % 2 == 1 => step.twisted(Twist::Bytes((draw(step) % 8) as u16)),
                _ => step,
            }),
            Self::StatusErrors => each(&|step| match step.packet % 3 {
                1 => step.twisted(Twist::Status(Status::DataOverrun)),
                2 => step.twisted(Twist::Status(Status::Other(0x8abc))),
                _ => step,
            }),
            Self::BlockTwice => {
                let again: Vec<_> = each(&|step| step.twisted(Twist::Inverted));
                [steps, again].concat()
            }
            Self::MixedIds => each(&|step| match (step.packet % 2, block.id) {
                (1, BlockId::Bits16(id)) => step.twisted(Twist::Id(BlockId::Bits64(id.into()))),
                (1, BlockId::Bits64(id)) => step.twisted(Twist::Id(BlockId::Bits16(id as u16))),
                _ => step,
            }),
            Self::LastSession => between(&|step| {
                stale.map(|frame| Step { frame, ..step.twisted(Twist::Again) }).into_iter().collect()
            }),
            Self::Noise => between(&|step| {
                vec![step.twisted(Twist::Noise((draw(step) % block.shape.capacity as u64) as u16))]
            }),
        }
    }
}

/// An id so far ahead.
fn far(id: BlockId, by: u64) -> BlockId {
    match id {
        BlockId::Bits16(id) => BlockId::Bits16((1 + (u64::from(id) + by) % 65_535) as u16),
        BlockId::Bits64(id) => BlockId::Bits64(id.wrapping_add(by)),
    }
}

fn rotated(mut steps: Vec<Step>, by: usize) -> Vec<Step> {
    steps.rotate_right(by);
    steps
}
