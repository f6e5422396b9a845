use super::PayloadType;
use crate::reader::Reader;
use crate::{Error, PixelFormat};
use alloc::vec::Vec;

/// What an image is like; the content of a block's first packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leader {
    /// Of an interlaced image: in the high four bits which field this block is, in the low four how many there are. 0
    /// for a whole image.
    pub field_info: u8,
    /// When it was taken, in ticks of the device's clock; 0 where the device has none.
    pub timestamp: u64,
    /// How its pixels are laid out.
    pub pixel_format: PixelFormat,
    /// Pixels in a row.
    pub width: u32,
    /// Rows; an upper bound where a device does not know before the end, see [`Trailer`](super::Trailer).
    pub height: u32,
    /// Where in the sensor it begins, in pixels.
    pub offset_x: u32,
    /// Where in the sensor it begins, in rows.
    pub offset_y: u32,
    /// Bytes behind each row.
    pub padding_x: u16,
    /// Bytes behind the last row.
    pub padding_y: u16,
}

impl Leader {
    /// The content of a leader packet.
    pub fn parse(content: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("a GVSP leader", content);
        let field_info = reader.u8()?;
        reader.skip::<1>()?;
        PayloadType::from(reader.u16()?).supported()?;
        Ok(Self {
            field_info,
            timestamp: reader.u64()?,
            pixel_format: PixelFormat(reader.u32()?),
            width: reader.u32()?,
            height: reader.u32()?,
            offset_x: reader.u32()?,
            offset_y: reader.u32()?,
            padding_x: reader.u16()?,
            padding_y: reader.u16()?,
        })
    }

    /// Append the content of a leader packet to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.field_info, 0]);
        out.extend(u16::from(PayloadType::Image).to_be_bytes());
        out.extend(self.timestamp.to_be_bytes());
        for word in [self.pixel_format.0, self.width, self.height, self.offset_x, self.offset_y] {
            out.extend(word.to_be_bytes());
        }
        out.extend(self.padding_x.to_be_bytes());
        out.extend(self.padding_y.to_be_bytes());
    }

    /// Bytes of image, with its paddings, that the block brings; `None` beyond a `u64`. Pixels of packed formats go on
    /// across rows unless these are padded.
    pub fn image_bytes(&self) -> Option<u64> {
        let bits = self.pixel_format.bits_per_pixel();
        let row = u64::from(self.width).checked_mul(bits)?;
        let height = u64::from(self.height);
        let rows = match self.padding_x {
            0 => row.checked_mul(height)?.div_ceil(8),
            padding => (row.div_ceil(8) + u64::from(padding)).checked_mul(height)?,
        };
        rows.checked_add(self.padding_y.into())
    }
}
