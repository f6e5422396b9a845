use crate::PixelError;
use std::str::FromStr;

/// How the bytes of a frame are laid out. Rows follow each other without padding, in the packed formats to the bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One byte a pixel.
    U8,
    /// Two bytes a pixel, low byte first; 9 to 16 significant bits.
    U16Le,
    /// Two bytes a pixel, high byte first; 9 to 16 significant bits.
    U16Be,
    /// GenICam PFNC `Mono10p`: a little-endian bit stream, four pixels in five bytes.
    Mono10p,
    /// GenICam PFNC `Mono12p`: a little-endian bit stream, two pixels in three bytes.
    Mono12p,
    /// GigE Vision `Mono10Packed`: two pixels in three bytes, the low bits of both in the middle one.
    Mono10Packed,
    /// GigE Vision `Mono12Packed`: two pixels in three bytes, the low bits of both in the middle one.
    Mono12Packed,
    /// Red, green, blue; one byte each.
    Rgb8,
    /// Red, green, blue, alpha; one byte each.
    Rgba8,
    /// Red, green, blue; two bytes each, low byte first.
    Rgb16Le,
    /// Red, green, blue; two bytes each, high byte first.
    Rgb16Be,
    /// Red, green, blue, alpha; two bytes each, low byte first.
    Rgba16Le,
    /// Red, green, blue, alpha; two bytes each, high byte first.
    Rgba16Be,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 13] = [
        Self::U8,
        Self::U16Le,
        Self::U16Be,
        Self::Mono10p,
        Self::Mono12p,
        Self::Mono10Packed,
        Self::Mono12Packed,
        Self::Rgb8,
        Self::Rgba8,
        Self::Rgb16Le,
        Self::Rgb16Be,
        Self::Rgba16Le,
        Self::Rgba16Be,
    ];

    /// The name by which it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16Le => "u16le",
            Self::U16Be => "u16be",
            Self::Mono10p => "mono10p",
            Self::Mono12p => "mono12p",
            Self::Mono10Packed => "mono10packed",
            Self::Mono12Packed => "mono12packed",
            Self::Rgb8 => "rgb8",
            Self::Rgba8 => "rgba8",
            Self::Rgb16Le => "rgb16le",
            Self::Rgb16Be => "rgb16be",
            Self::Rgba16Le => "rgba16le",
            Self::Rgba16Be => "rgba16be",
        }
    }

    /// Bits that one pixel takes in a frame.
    pub const fn bits(self) -> u64 {
        match self {
            Self::U8 => 8,
            Self::U16Le | Self::U16Be => 16,
            Self::Mono10p => 10,
            Self::Mono12p | Self::Mono10Packed | Self::Mono12Packed => 12,
            Self::Rgb8 => 24,
            Self::Rgba8 => 32,
            Self::Rgb16Le | Self::Rgb16Be => 48,
            Self::Rgba16Le | Self::Rgba16Be => 64,
        }
    }

    /// Whether the pixels have colours.
    pub const fn is_colour(self) -> bool {
        self.bits() > 16
    }

    /// Whether a value may need more than 8 bit.
    pub const fn is_wide(self) -> bool {
        !matches!(self, Self::U8 | Self::Rgb8 | Self::Rgba8)
    }

    /// Bytes that so many pixels take, the last one filled up; `None` beyond a `u64`.
    pub fn bytes(self, pixels: u64) -> Option<u64> {
        pixels.checked_mul(self.bits()).map(|bits| bits.div_ceil(8))
    }
}

impl FromStr for Format {
    type Err = PixelError;

    fn from_str(name: &str) -> Result<Self, PixelError> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| PixelError::UnknownFormat(name.to_string()))
    }
}
