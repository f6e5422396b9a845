//! GVSP packets to whole blocks, without I/O or clock: the caller supplies bytes and time, and is answered with what to
//! ask for again, with finished blocks and the verdict of each, and with counts by the place of loss.

mod batch;
mod block;
mod finished;
mod flight;
mod gaps;
mod geometry;
mod options;
mod pool;
mod reassembler;
mod sequence;
mod session;
mod statistics;
mod throttle;

pub use batch::{Batch, PACKET_WORDS};
pub use finished::{Finished, ImageKey};
pub use options::{Options, ResendPolicy};
pub use reassembler::{Packet, Reassembler};
pub use statistics::{Refusal, Refusals, Statistics};
