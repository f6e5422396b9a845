//! What a simulated camera sends: frames of a pattern, a recording or a Telops camera, cut into packets, with faults from
//! a seed. No sockets, clocks or threads.
//!
//! [`Sender`] is told when a frame is taken and which packets a host wants again; it is asked for one packet after the
//! other, and keeps a [`Record`] of what became of each. What goes wrong is drawn from the seed, the frame and the packet
//! alone: it is the same in every run, whatever the timing.

mod block;
mod chance;
mod faults;
mod hostile;
mod image;
mod pattern;
mod record;
mod ring;
mod scene;
mod script;
mod sender;
mod stream;
mod telops;
mod twist;

pub use faults::Faults;
pub use hostile::Hostile;
pub use image::Image;
pub use pattern::Pattern;
pub use record::Record;
pub use scene::Source;
pub use sender::{Options, Origin, Resent, Sender};
pub use stream::{Stream, Unsendable};
pub use telops::TelopsPattern;
