use md5::Md5;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use wasm_bindgen::prelude::*;

/// MD5 and SHA-256 of what is written to it, for platforms without native ones.
#[wasm_bindgen]
#[derive(Default)]
pub struct Hasher {
    md5: Md5,
    sha256: Sha256,
}

#[wasm_bindgen]
impl Hasher {
    /// A hasher of nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Take more bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.md5.update(data);
        self.sha256.update(data);
    }

    /// MD5 and SHA-256, each in lower-case hex; the hasher starts anew.
    pub fn finish(&mut self) -> Vec<String> {
        vec![hex(&self.md5.finalize_reset()), hex(&self.sha256.finalize_reset())]
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
