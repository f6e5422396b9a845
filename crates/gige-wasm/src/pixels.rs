//! Images as cameras send them to 16-bit values, in memory that is recycled from image to image.

use framewire_pixels::{unpack, Format, PixelError};
use wasm_bindgen::prelude::*;

/// One thread's unpacking: bytes are written to where `reserve` says, values are read from where `unpack` says.
#[wasm_bindgen]
#[derive(Default)]
pub struct PixelUnpacker {
    input: Vec<u8>,
    values: Vec<u16>,
}

#[wasm_bindgen]
impl PixelUnpacker {
    /// An unpacker with nothing reserved.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Address of `length` bytes to write the next image to.
    pub fn reserve(&mut self, length: usize) -> usize {
        self.input.resize(length, 0);
        self.input.as_ptr().addr()
    }

    /// Unpack the image; the address of its `height * width` values. A `row_bytes` of 0: its rows are not padded.
    pub fn unpack(
        &mut self,
        format: &str,
        height: usize,
        width: usize,
        row_bytes: usize,
    ) -> Result<usize, JsError> {
        let refused = |error: PixelError| JsError::new(&error.to_string());
        let format: Format = format.parse().map_err(refused)?;
        let row_bytes = (row_bytes > 0).then_some(row_bytes);
        unpack(&self.input, format, [height, width], row_bytes, &mut self.values).map_err(refused)?;
        Ok(self.values.as_ptr().addr())
    }
}
