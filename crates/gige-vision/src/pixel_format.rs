use core::fmt;

/// How the pixels of an image are laid out: a code of GenICam's Pixel Format Naming Convention.
///
/// A code that is not named here is as good a value; how many bits a pixel takes is part of every code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PixelFormat(pub u32);

/// How the components of pixels follow each other in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Each fills one byte, or two in the byte order of the stream channel.
    Unpacked,
    /// PFNC's `p`: a bit stream, filled from the least significant bit on.
    Lsb,
    /// GigE Vision's `Packed`: two in three bytes, the low bits of both in the middle one.
    GigE,
}

macro_rules! formats {
    ($($constant:ident $name:literal = $code:literal $bits:literal $packing:ident,)*) => {
        impl PixelFormat {
            $(#[doc = concat!("`", $name, "`.")] pub const $constant: Self = Self($code);)*

            /// Every format that has a name here.
            pub const NAMED: &'static [Self] = &[$(Self::$constant),*];

            /// Name, significant bits and packing.
            const fn described(self) -> Option<(&'static str, u8, Packing)> {
                match self {
                    $(Self::$constant => Some(($name, $bits, Packing::$packing)),)*
                    _ => None,
                }
            }
        }
    };
}

formats! {
    MONO_8 "Mono8" = 0x0108_0001 8 Unpacked,
    MONO_10 "Mono10" = 0x0110_0003 10 Unpacked,
    MONO_10_PACKED "Mono10Packed" = 0x010c_0004 10 GigE,
    MONO_10P "Mono10p" = 0x010a_0046 10 Lsb,
    MONO_12 "Mono12" = 0x0110_0005 12 Unpacked,
    MONO_12_PACKED "Mono12Packed" = 0x010c_0006 12 GigE,
    MONO_12P "Mono12p" = 0x010c_0047 12 Lsb,
    MONO_14 "Mono14" = 0x0110_0025 14 Unpacked,
    MONO_14P "Mono14p" = 0x010e_0104 14 Lsb,
    MONO_16 "Mono16" = 0x0110_0007 16 Unpacked,
    BAYER_GR_8 "BayerGR8" = 0x0108_0008 8 Unpacked,
    BAYER_RG_8 "BayerRG8" = 0x0108_0009 8 Unpacked,
    BAYER_GB_8 "BayerGB8" = 0x0108_000a 8 Unpacked,
    BAYER_BG_8 "BayerBG8" = 0x0108_000b 8 Unpacked,
    BAYER_GR_10 "BayerGR10" = 0x0110_000c 10 Unpacked,
    BAYER_RG_10 "BayerRG10" = 0x0110_000d 10 Unpacked,
    BAYER_GB_10 "BayerGB10" = 0x0110_000e 10 Unpacked,
    BAYER_BG_10 "BayerBG10" = 0x0110_000f 10 Unpacked,
    BAYER_GR_12 "BayerGR12" = 0x0110_0010 12 Unpacked,
    BAYER_RG_12 "BayerRG12" = 0x0110_0011 12 Unpacked,
    BAYER_GB_12 "BayerGB12" = 0x0110_0012 12 Unpacked,
    BAYER_BG_12 "BayerBG12" = 0x0110_0013 12 Unpacked,
    BAYER_GR_16 "BayerGR16" = 0x0110_002e 16 Unpacked,
    BAYER_RG_16 "BayerRG16" = 0x0110_002f 16 Unpacked,
    BAYER_GB_16 "BayerGB16" = 0x0110_0030 16 Unpacked,
    BAYER_BG_16 "BayerBG16" = 0x0110_0031 16 Unpacked,
    RGB_8 "RGB8" = 0x0218_0014 8 Unpacked,
    BGR_8 "BGR8" = 0x0218_0015 8 Unpacked,
    RGBA_8 "RGBa8" = 0x0220_0016 8 Unpacked,
    BGRA_8 "BGRa8" = 0x0220_0017 8 Unpacked,
    RGB_16 "RGB16" = 0x0230_0033 16 Unpacked,
    BGR_16 "BGR16" = 0x0230_004b 16 Unpacked,
}

impl PixelFormat {
    /// The convention's name, where it is known here.
    pub fn name(self) -> Option<&'static str> {
        self.described().map(|(name, ..)| name)
    }

    /// Bits that one pixel takes, with its padding; a field of every code.
    pub const fn bits_per_pixel(self) -> u64 {
        (self.0 >> 16 & 0xff) as u64
    }

    /// Bits of a component that have a meaning, where the format is known here.
    pub fn significant_bits(self) -> Option<u8> {
        self.described().map(|(_, bits, _)| bits)
    }

    /// How its components follow each other, where the format is known here.
    pub fn packing(self) -> Option<Packing> {
        self.described().map(|(.., packing)| packing)
    }
}

/// The name, or the code.
impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#010x}", self.0),
        }
    }
}

impl fmt::Debug for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
