//! Camera pixel formats to 8-bit gray or 16-bit values, in exact integer arithmetic.
//!
//! - Colour to gray: mean `floor((r + g + b) / 3)`, or Rec. 601 luma `floor((299 r + 587 g + 114 b) / 1000)`; alpha is
//!   ignored. Wide colour becomes gray first, then 8 bit.
//! - A range makes 8 bit of any value: `clamp(floor((v - lo) * 255 / (hi - lo)), 0, 255)`, 0 where `hi = lo`. Values
//!   outside of the range are counted.

mod convert;
mod decode;
mod error;
mod format;
mod gray;
mod scale;
mod unpack;

pub use convert::{measure, Conversion, Converter, Prepared, Range};
pub use error::PixelError;
pub use format::Format;
pub use gray::Gray;
pub use unpack::unpack;
