use super::{Code, MAX_BODY_BYTES};
use crate::Error;
use alloc::vec::Vec;

/// Registers that one command can read. More than one needs the capability `CONCATENATION`.
pub const MAX_REGISTERS_READ: usize = MAX_BODY_BYTES / 4;
/// Registers that one command can write. More than one needs the capability `CONCATENATION`.
pub const MAX_REGISTERS_WRITTEN: usize = MAX_BODY_BYTES / 8;

/// A value for a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterWrite {
    /// Where; a multiple of four.
    pub address: u32,
    /// What.
    pub value: u32,
}

/// The addresses of READREG_CMD, the values of READREG_ACK.
pub(super) fn parse_words(code: Code, body: &[u8]) -> Result<Vec<u32>, Error> {
    Ok(entries(code, body)?.iter().map(|&word| u32::from_be_bytes(word)).collect())
}

pub(super) fn encode_words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The pairs of WRITEREG_CMD.
pub(super) fn parse_writes(body: &[u8]) -> Result<Vec<RegisterWrite>, Error> {
    let pair = |&pair: &[u8; 8]| {
        let pair = u64::from_be_bytes(pair);
        RegisterWrite { address: (pair >> 32) as u32, value: pair as u32 }
    };
    Ok(entries(Code::WriteRegCmd, body)?.iter().map(pair).collect())
}

pub(super) fn encode_writes(writes: &[RegisterWrite]) -> Vec<u8> {
    writes.iter().flat_map(|write| [write.address, write.value]).flat_map(u32::to_be_bytes).collect()
}

fn entries<const N: usize>(code: Code, body: &[u8]) -> Result<&[[u8; N]], Error> {
    match body.as_chunks() {
        (entries, []) => Ok(entries),
        _ => Err(Error::Ragged { what: code.packet(), bytes: body.len(), entry: N }),
    }
}
