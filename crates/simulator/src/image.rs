use framewire_gige_vision::PixelFormat;

/// What the images of a stream are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Where in the sensor it begins, in pixels.
    pub offset_x: u32,
    /// Where in the sensor it begins, in rows.
    pub offset_y: u32,
    /// How its pixels are laid out. A row has to be a whole number of bytes.
    pub pixel_format: PixelFormat,
}

impl Image {
    /// Bytes of a row.
    pub fn row_bytes(&self) -> usize {
        let bytes = u64::from(self.width) * self.pixel_format.bits_per_pixel() / 8;
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    /// Bytes of the image; `usize::MAX` where it has more.
    pub fn bytes(&self) -> usize {
        self.row_bytes().saturating_mul(self.height as usize)
    }
}
