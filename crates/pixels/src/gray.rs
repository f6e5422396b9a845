use crate::PixelError;
use std::str::FromStr;

/// How colours become gray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gray {
    /// `floor((r + g + b) / 3)`.
    Mean,
    /// Rec. 601: `floor((299 r + 587 g + 114 b) / 1000)`.
    Luma,
}

impl Gray {
    /// The gray of one pixel, exact.
    #[inline(always)]
    pub fn of(self, [r, g, b]: [u16; 3]) -> u16 {
        let [r, g, b] = [u32::from(r), u32::from(g), u32::from(b)];
        match self {
            Self::Mean => ((r + g + b) / 3) as u16,
            Self::Luma => ((299 * r + 587 * g + 114 * b) / 1000) as u16,
        }
    }
}

impl FromStr for Gray {
    type Err = PixelError;

    fn from_str(name: &str) -> Result<Self, PixelError> {
        match name {
            "mean" => Ok(Self::Mean),
            "luma" => Ok(Self::Luma),
            _ => Err(PixelError::UnknownGray(name.to_string())),
        }
    }
}
