//! What a simulated camera sends, read by the parsers that a host reads it with.

mod camera;
mod faults;
mod hostile;
mod packets;
mod pattern;
mod resends;
mod telops;
