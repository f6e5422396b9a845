//! GVSP packets to whole blocks, without I/O or clock: the caller supplies bytes and time, and is answered with what to
//! ask for again, with finished blocks and the verdict of each, and with counts by the place of loss.
//!
//! Per batch of packets: [`Reassembler::receive`] each of them, [`Reassembler::advance`] to let time pass, then
//! [`Reassembler::resends`] and [`Reassembler::next_block`]. When nothing comes, again at [`Reassembler::due_us`].
//! What has arrived is to be taken in before time passes: a block is idle when nothing of it was *taken in*.
//!
//! # A block
//!
//! It is complete when leader, trailer and every payload packet are there, in whatever order. The leader says how large
//! the image is, the packet size how much of it a packet brings; a device that fills less of its packets is learnt from
//! the first one behind a leader. Trailer and leader have to agree on the number of packets; a trailer that states fewer
//! rows makes the image shorter. What comes first holds: a packet that contradicts what is there of its block is refused
//! and counted, never placed, and a second copy overwrites nothing. So no block is called complete that is not, while a
//! lie that came first can cost the block it is about.
//!
//! What is missing is known exactly, but for the end of a block that lost both leader and trailer: there it is taken
//! from a neighbour.
//!
//! # Missing packets
//!
//! A packet is missing once a later one came: of its block, or of a later block. Where neither comes, the block counts as
//! sent after it was idle for long. Nothing is asked for before, since it may not have been sent; nor before a number of
//! packets came behind it, or none for a while: it may only have been overtaken, and the camera be held up. A range of missing
//! packets is one request, made so often and so much per second at most. What the device says it no longer has is not
//! asked for again. Answers are taken for what they say they are, not for what was asked.
//!
//! A block is given up when nothing that is missing can be hoped for: every packet was asked for as often as it may be,
//! or, without resends, others have come for a while. Where memory for a new block is wanted, the oldest one goes first.
//!
//! # Ids
//!
//! Blocks are handed out in order of their ids, which begin anywhere and wrap to 1. Ids that are missing between two
//! blocks are waited for like packets, their leaders asked for; of those that stay away it cannot be known whether the
//! camera left them out or every packet was lost, and they count as skipped. (With resends an answer to the leader shows
//! that there was a block.) A block whose id is far from all others means nothing to them until it is whole or another
//! one follows it; then ids have begun anew there. Packets of the session before are told apart by ids and timestamps;
//! see [`Reassembler::end`].
//!
//! # Memory
//!
//! Images are allocated as they are needed, up to a number. Beside those, up to 64 ids are waited for, and one block that
//! is far from all others. A block's missing packets are ranges, at most one for every other packet.

mod batch;
mod block;
mod finished;
mod flight;
mod flow;
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
