use framewire_gige_vision::gvsp::{Format, PayloadType};
use framewire_gige_vision::Error;
use std::collections::BTreeMap;
use std::fmt;

/// Counts since the stream began. Losses are told by their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Blocks whose every packet came.
    pub complete: u64,
    /// Blocks that were given up with packets missing.
    pub incomplete: u64,
    /// Of the complete ones: those that needed packets sent again.
    pub recovered: u64,
    /// Block ids of which nothing came, while blocks before and after them did.
    pub skipped: u64,
    /// Blocks that came while every buffer was in use.
    pub queue_full: u64,
    /// Packets of the device.
    pub packets: u64,
    /// Their bytes, behind the UDP header.
    pub bytes: u64,
    /// Packets of blocks given up that never came.
    pub missing_packets: u64,
    /// Requests to send packets again.
    pub resend_requests: u64,
    /// Packets that these asked for, each time counted.
    pub resend_packets_asked: u64,
    /// Packets that came because they were asked for.
    pub resend_packets: u64,
    /// Packets that the device says it no longer has.
    pub unavailable: u64,
    /// Packets that were there already.
    pub duplicates: u64,
    /// Packets of blocks that are done with, or of an earlier session.
    pub late: u64,
    /// Packets of other senders.
    pub foreign: u64,
    /// Packets that are none of GVSP or contradict their block, by what is wrong with them.
    pub refused: Refusals,
}

/// How many packets were refused, by the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals(BTreeMap<Refusal, u64>);

impl Refusals {
    pub(crate) fn add(&mut self, refusal: Refusal, packets: u64) {
        if packets > 0 {
            *self.0.entry(refusal).or_default() += packets;
        }
    }

    /// How many for this reason.
    pub fn of(&self, refusal: Refusal) -> u64 {
        self.0.get(&refusal).copied().unwrap_or(0)
    }

    /// All reasons there were.
    pub fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        self.0.iter().map(|(&refusal, &packets)| (refusal, packets))
    }

    /// For all reasons together.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// What is wrong with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Longer than the stream's packet size allows.
    Oversized,
    /// Shorter than its headers.
    Cut,
    /// It states block id 0, which no data have.
    BlockZero,
    /// Its block is far from all others, and no other block confirmed it.
    FarBlock,
    /// Neither leader, payload nor trailer.
    Format(Format),
    /// Of a block that is not a plain image.
    Payload(PayloadType),
    /// An image without pixels.
    EmptyImage,
    /// An image larger than what was said to be the largest.
    LargeImage,
    /// A leader that contradicts what came of its block, or another leader of it.
    Leader,
    /// A trailer that contradicts what came of its block, or its leader.
    Trailer,
    /// A payload packet with an id that its block does not have.
    PayloadId,
    /// A payload packet with more or fewer bytes than its place in the block has.
    PayloadSize,
    /// The device states a failure.
    Status,
}

impl Refusal {
    /// What is wrong with a packet that cannot be read.
    pub(crate) fn of_unreadable(error: Error) -> Self {
        match error {
            Error::UnsupportedPayload(kind) => {
                Self::Payload(kind.name().map_or(PayloadType::Other(0), |_| kind))
            }
            Error::UnsupportedFormat(format) => Self::of_format(format),
            _ => Self::Cut,
        }
    }

    /// Formats without a name are one.
    pub(crate) fn of_format(format: Format) -> Self {
        Self::Format(format.name().map_or(Format::Other(0), |_| format))
    }

    /// Where a leader is refused for this, nothing of its block can be used.
    pub(crate) fn is_of_block(self) -> bool {
        matches!(self, Self::Payload(_) | Self::EmptyImage | Self::LargeImage)
    }
}

/// A short name, the same for all devices.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Oversized => "oversized",
            Self::Cut => "cut",
            Self::BlockZero => "block id 0",
            Self::FarBlock => "far block id",
            Self::Format(format) => return write!(f, "format {}", format.name().unwrap_or("unknown")),
            Self::Payload(kind) => return write!(f, "payload type {}", kind.name().unwrap_or("unknown")),
            Self::EmptyImage => "empty image",
            Self::LargeImage => "large image",
            Self::Leader => "leader",
            Self::Trailer => "trailer",
            Self::PayloadId => "payload id",
            Self::PayloadSize => "payload size",
            Self::Status => "status",
        })
    }
}
