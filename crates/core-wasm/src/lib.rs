//! The face that framewire's core shows to JavaScript: copies in, calls, copies out. No logic lives here.
//!
//! Inputs are written into memory that [`Core::reserve`] hands out; results are read from where `output_*` say. Both
//! hold until the next call only. Errors are thrown as plain objects `{ code, message, details }`.

mod error;
mod hasher;

use error::thrown;
use framewire_pixels::{measure, Conversion, Converter, Format};
use framewire_zarr_shard::{read_index, write_index, xxh64, Entry, Packer, Unpacker};
use wasm_bindgen::prelude::*;

/// One thread's core, with all memory that it recycles from frame to frame.
#[wasm_bindgen]
#[derive(Default)]
pub struct Core {
    input: Vec<u8>,
    converter: Converter,
    packer: Packer,
    unpacker: Unpacker,
    outcome: Outcome,
}

/// What the last call left behind.
#[derive(Default)]
struct Outcome {
    address: usize,
    length: usize,
    xxh64: u64,
    clamped: u64,
    min: u16,
    max: u16,
}

#[wasm_bindgen]
impl Core {
    /// A core with nothing reserved.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Address of `length` bytes to write the next call's input to.
    pub fn reserve(&mut self, length: usize) -> usize {
        self.input.resize(length, 0);
        self.input.as_ptr().addr()
    }

    /// Prepare, hash and compress the frame that lies in the input.
    pub fn pack(
        &mut self,
        format: &str,
        height: u32,
        width: u32,
        range: Option<String>,
        gray: Option<String>,
    ) -> Result<(), JsValue> {
        let format: Format = format.parse().map_err(thrown)?;
        let range = range.map(|range| range.parse()).transpose().map_err(thrown)?;
        let gray = gray.map(|gray| gray.parse()).transpose().map_err(thrown)?;
        let conversion = Conversion { range, gray };
        let prepared =
            self.converter.convert(&self.input, format, [height, width], conversion).map_err(thrown)?;
        let packed = self.packer.pack(prepared.pixels).map_err(thrown)?;
        self.outcome = Outcome {
            address: packed.bytes.as_ptr().addr(),
            length: packed.bytes.len(),
            xxh64: packed.xxh64,
            clamped: prepared.clamped,
            ..Outcome::default()
        };
        Ok(())
    }

    /// Least and greatest value of the frame that lies in the input.
    pub fn measure(
        &mut self,
        format: &str,
        height: u32,
        width: u32,
        gray: Option<String>,
    ) -> Result<(), JsValue> {
        let format: Format = format.parse().map_err(thrown)?;
        let gray = gray.map(|gray| gray.parse()).transpose().map_err(thrown)?;
        let (min, max) = measure(&self.input, format, [height, width], gray).map_err(thrown)?;
        self.outcome = Outcome { min, max, ..Outcome::default() };
        Ok(())
    }

    /// Unpack and check the zstd frame that lies in the input.
    pub fn unpack(&mut self, frame: u32, height: u32, width: u32) -> Result<(), JsValue> {
        let expected = u64::from(height) * u64::from(width);
        let unpacked = self.unpacker.unpack(&self.input, frame, expected).map_err(thrown)?;
        self.outcome = Outcome {
            address: unpacked.pixels.as_ptr().addr(),
            length: unpacked.pixels.len(),
            xxh64: unpacked.xxh64,
            ..Outcome::default()
        };
        Ok(())
    }

    /// XXH64 (seed 0) of the input.
    pub fn hash(&mut self) {
        self.outcome = Outcome { xxh64: xxh64(&self.input, 0), ..Outcome::default() };
    }

    /// Where the last call's result lies.
    #[wasm_bindgen(getter)]
    pub fn output_address(&self) -> usize {
        self.outcome.address
    }

    /// Bytes of the last call's result.
    #[wasm_bindgen(getter)]
    pub fn output_length(&self) -> usize {
        self.outcome.length
    }

    /// XXH64 that the last call took.
    #[wasm_bindgen(getter)]
    pub fn xxh64(&self) -> u64 {
        self.outcome.xxh64
    }

    /// Pixels that the last `pack` clamped.
    #[wasm_bindgen(getter)]
    pub fn clamped(&self) -> f64 {
        self.outcome.clamped as f64
    }

    /// Least value that the last `measure` found.
    #[wasm_bindgen(getter)]
    pub fn min(&self) -> u16 {
        self.outcome.min
    }

    /// Greatest value that the last `measure` found.
    #[wasm_bindgen(getter)]
    pub fn max(&self) -> u16 {
        self.outcome.max
    }
}

/// The index of a shard from pairs of offset and length; an absent frame is a pair of 2^64 - 1.
#[wasm_bindgen(js_name = writeIndex)]
pub fn write_index_pairs(pairs: &[u64]) -> Vec<u8> {
    let entries: Vec<Option<Entry>> = pairs
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&[offset, length]| (offset != u64::MAX).then_some(Entry { offset, length }))
        .collect();
    write_index(&entries)
}

/// The pairs of offset and length of a shard's index; an absent frame is a pair of 2^64 - 1.
#[wasm_bindgen(js_name = readIndex)]
pub fn read_index_pairs(tail: &[u8], frames: u32, shard_bytes: u64) -> Result<Vec<u64>, JsValue> {
    let entries = read_index(tail, frames, shard_bytes).map_err(thrown)?;
    Ok(entries.iter().flat_map(|entry| entry.map_or([u64::MAX; 2], |e| [e.offset, e.length])).collect())
}
