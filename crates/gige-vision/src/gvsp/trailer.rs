use super::PayloadType;
use crate::reader::Reader;
use crate::Error;
use alloc::vec::Vec;

/// The end of an image; the content of a block's last packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Rows that were sent: no more than the leader says. Some devices say 0; then the leader holds.
    pub height: u32,
}

impl Trailer {
    /// The content of a trailer packet.
    pub fn parse(content: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("a GVSP trailer", content);
        reader.skip::<2>()?;
        PayloadType::from(reader.u16()?).supported()?;
        Ok(Self { height: reader.u32()? })
    }

    /// Append the content of a trailer packet to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend([0; 2]);
        out.extend(u16::from(PayloadType::Image).to_be_bytes());
        out.extend(self.height.to_be_bytes());
    }
}
