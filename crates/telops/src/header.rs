use crate::Scale;

/// What a header begins with.
const SIGNATURE: [u8; 2] = *b"TC";
/// The first version whose headers have a buffering flag.
const BUFFERING_SINCE: (u8, u8) = (12, 9);
/// The calibration mode whose physical values are kelvin.
const RADIOMETRIC_TEMPERATURE: u8 = 2;

/// What a Telops camera says of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    /// Of the header's layout: major, minor.
    pub version: (u8, u8),
    /// Bytes of the header by its own account, which is not relied on.
    pub length: u16,
    /// The camera's number of the frame.
    pub frame_id: u32,
    /// Physical value of the count 0; not finite where the camera says so.
    pub data_offset: f32,
    /// A count is worth 2 to the power of this.
    pub data_exp: i8,
    /// Integration time, in hundredths of a microsecond.
    pub exposure: u32,
    /// How the camera corrected the pixels: a value of its register `CalibrationMode`.
    pub calibration_mode: u8,
    /// Pixels in a row.
    pub width: u16,
    /// Rows, the header's left out.
    pub height: u16,
    /// In millihertz.
    pub frame_rate: u32,
    /// What the frame is to a recording in the camera's buffer: 0 nothing, 1 before the moment of interest, 2 at it, 3
    /// behind it. Headers before version 12.9 do not say.
    pub buffering: Option<u8>,
    /// When it was taken, in seconds since 1970 by the camera's clock.
    pub posix_seconds: u32,
    /// What is to be added to that, in units of 100 ns.
    pub sub_second: u32,
}

impl Header {
    /// Bytes of a header that are read. Real ones are longer; their rest is not documented.
    pub const BYTES: usize = 108;

    /// The header that a frame begins with; `None` where it has none.
    pub fn parse(frame: &[u8]) -> Option<Self> {
        let header: &[u8; Self::BYTES] = frame.first_chunk()?;
        if field(header, 0) != SIGNATURE {
            return None;
        }
        let byte = |at| u8::from_le_bytes(field(header, at));
        let half = |at| u16::from_le_bytes(field(header, at));
        let word = |at| u32::from_le_bytes(field(header, at));
        let version = (byte(3), byte(2));
        Some(Self {
            version,
            length: half(4),
            frame_id: word(8),
            data_offset: f32::from_bits(word(12)),
            data_exp: i8::from_le_bytes(field(header, 16)),
            exposure: word(24),
            calibration_mode: byte(28),
            width: half(32),
            height: half(34),
            frame_rate: word(44),
            buffering: (version >= BUFFERING_SINCE).then(|| byte(74)),
            posix_seconds: word(100),
            sub_second: word(104),
        })
    }

    /// Whether counts stand for physical values.
    pub fn has_physical(&self) -> bool {
        self.data_exp != 0 || self.data_offset != 0.0
    }

    /// How counts become physical values, degC in place of kelvin; where they stand for none, they stay what they are.
    pub fn scale(&self) -> Scale {
        let is_kelvin = self.calibration_mode == RADIOMETRIC_TEMPERATURE && self.has_physical();
        Scale::new(self.data_exp, self.data_offset, is_kelvin)
    }
}

/// The bytes of a field; zeros where it is not within the header, which no field is.
fn field<const N: usize>(header: &[u8; Header::BYTES], at: usize) -> [u8; N] {
    header.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}
