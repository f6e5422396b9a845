//! Frames of Telops cameras: what the two header rows above the pixels say, and the physical values that counts stand
//! for. No I/O, and no frame, whatever its bytes, makes anything here panic.

mod header;
mod range;
mod scale;

pub use header::Header;
pub use range::Range;
pub use scale::Scale;

/// Rows of a frame that hold its header, above the pixels.
pub const HEADER_ROWS: usize = 2;
