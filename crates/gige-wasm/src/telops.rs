//! Frames of Telops cameras to headers, counts and physical values, in memory that is recycled from frame to frame.

use crate::control::wrong;
use framewire_telops::{Header, Range, HEADER_ROWS};
use wasm_bindgen::prelude::*;

/// One thread's frame: bytes are written to where `reserve` says, pixels are read from where the rest says.
#[wasm_bindgen]
#[derive(Default)]
pub struct TelopsFrame {
    /// As pixels, which are little-endian, as WebAssembly is.
    frame: Vec<u16>,
    header: Option<Header>,
    values: Vec<f32>,
}

#[wasm_bindgen]
impl TelopsFrame {
    /// No frame yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Address of `bytes` bytes to write the next frame to.
    pub fn reserve(&mut self, bytes: usize) -> usize {
        self.header = None;
        // Half a pixel is none, but has its room.
        self.frame.resize(bytes.div_ceil(2), 0);
        self.frame.truncate(bytes / 2);
        self.frame.as_ptr().addr()
    }

    /// Numbers of the frame's header as `TelopsFrames` of TypeScript has them; undefined where it has none.
    #[wasm_bindgen(js_name = readHeader)]
    pub fn read_header(&mut self) -> Option<Vec<f64>> {
        let start: Vec<u8> =
            self.frame.iter().take(Header::BYTES / 2).flat_map(|pixel| pixel.to_le_bytes()).collect();
        self.header = Header::parse(&start);
        self.header.map(numbers)
    }

    /// Address of `count` pixels below the header rows of `width` pixels each.
    pub fn counts(&self, width: usize, count: usize) -> Result<usize, JsError> {
        below_header(&self.frame, width, count).map(|counts| counts.as_ptr().addr())
    }

    /// Address of the physical values of `count` pixels below the header rows of `width` pixels each.
    pub fn physical(&mut self, width: usize, count: usize) -> Result<usize, JsError> {
        let header = self.header.ok_or_else(|| wrong("the frame has no header of a Telops camera"))?;
        let counts = below_header(&self.frame, width, count)?;
        self.values.resize(count, 0.0);
        header.scale().apply(counts, &mut self.values);
        Ok(self.values.as_ptr().addr())
    }

    /// Least, greatest and mean of these pixels, or of their physical values.
    pub fn range(&self, width: usize, count: usize, physical: bool) -> Result<Vec<f64>, JsError> {
        let counts = below_header(&self.frame, width, count)?;
        let range = Range::of(counts).ok_or_else(|| wrong("the frame has no pixels"))?;
        let header = self.header.filter(|_| physical);
        Ok(header.map_or_else(
            || vec![range.least.into(), range.greatest.into(), range.mean],
            |header| range.scaled(&header.scale()).to_vec(),
        ))
    }
}

/// The pixels behind the header rows.
fn below_header(frame: &[u16], width: usize, count: usize) -> Result<&[u16], JsError> {
    let below = frame.get(HEADER_ROWS.saturating_mul(width)..).and_then(|below| below.get(..count));
    below.ok_or_else(|| {
        let all = frame.len();
        wrong(format!("a frame of {all} pixels has no {count} below header rows of {width} each"))
    })
}

fn numbers(header: Header) -> Vec<f64> {
    vec![
        header.frame_id.into(),
        header.data_offset.into(),
        header.data_exp.into(),
        f64::from(header.exposure) / 100.0,
        header.calibration_mode.into(),
        header.width.into(),
        header.height.into(),
        f64::from(header.frame_rate) / 1000.0,
        header.buffering.map_or(-1.0, f64::from),
        header.posix_seconds.into(),
        header.sub_second.into(),
        header.version.0.into(),
        header.version.1.into(),
        header.length.into(),
    ]
}
