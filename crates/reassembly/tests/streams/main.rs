//! Streams: whole, with faults from a seed, of other sessions, and from hostile cameras.

mod blocks;
mod camera;
mod captured;
mod corpus;
mod hostile;
mod lossy;
mod property;
mod resends;
mod script;
mod sessions;
