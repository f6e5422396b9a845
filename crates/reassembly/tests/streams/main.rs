//! Streams: whole, with faults from a seed, of other sessions, and from hostile cameras.

mod blocks;
mod camera;
mod hostile;
mod lossy;
mod property;
mod resends;
mod sessions;
