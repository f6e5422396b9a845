//! The camera's registers, as far as they are known while something is evaluated.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use viva_genapi::{GenApiError, RegisterIo};

/// The longest register that is read, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A register's bytes; `None` where the camera refused to tell them.
type Told = Option<Vec<u8>>;

/// What an evaluation reads and writes. The node map asks for registers synchronously, a camera answers later: what is
/// not known ends the evaluation, is fetched, and the evaluation runs again. Writes are kept until the caller sends
/// them.
#[derive(Default)]
pub struct Registers {
    /// By address and length.
    known: RefCell<BTreeMap<(u64, u32), Told>>,
    missing: Cell<Option<(u64, u32)>>,
    writes: RefCell<Vec<(u64, Vec<u8>)>>,
}

impl Registers {
    /// Forget all: whatever a node map does not keep itself is fetched anew.
    pub fn begin(&mut self) {
        *self = Self::default();
    }

    /// Before each run of an evaluation: what the last one asked for and wrote is void.
    pub fn rerun(&self) {
        self.missing.set(None);
        self.writes.borrow_mut().clear();
    }

    /// The camera's answer.
    pub fn learn(&self, address: u64, bytes: u32, data: Told) {
        self.known.borrow_mut().insert((address, bytes), data);
    }

    /// Address and length of the register that ended the last run.
    pub fn missing(&self) -> Option<(u64, u32)> {
        self.missing.get()
    }

    /// What the last run wrote, in order.
    pub fn writes(&self) -> Vec<(u64, Vec<u8>)> {
        self.writes.borrow().clone()
    }
}

impl RegisterIo for Registers {
    fn read(&self, address: u64, len: usize) -> Result<Vec<u8>, GenApiError> {
        // Errors of predicates do not end an evaluation: what it would ask for after the first miss may be nonsense.
        if self.missing.get().is_some() {
            return Err(GenApiError::io(Unread::Missing));
        }
        let bytes = u32::try_from(len).ok().filter(|_| len <= MAX_BYTES);
        let bytes = bytes.ok_or(GenApiError::io(Unread::TooLong(len)))?;
        match self.known.borrow().get(&(address, bytes)) {
            Some(Some(data)) => Ok(data.clone()),
            Some(None) => Err(GenApiError::io(Unread::Refused { address, bytes })),
            None => {
                self.missing.set(Some((address, bytes)));
                Err(GenApiError::io(Unread::Missing))
            }
        }
    }

    fn write(&self, address: u64, data: &[u8]) -> Result<(), GenApiError> {
        self.writes.borrow_mut().push((address, data.to_vec()));
        Ok(())
    }
}

/// Registers of which none can be read: what a node map knows by itself.
pub struct Unreadable;

impl RegisterIo for Unreadable {
    fn read(&self, _: u64, _: usize) -> Result<Vec<u8>, GenApiError> {
        Err(GenApiError::io(Unread::Missing))
    }

    fn write(&self, _: u64, _: &[u8]) -> Result<(), GenApiError> {
        Err(GenApiError::io(Unread::Missing))
    }
}

/// Why a register has no bytes.
#[derive(Debug)]
pub enum Unread {
    Missing,
    Refused { address: u64, bytes: u32 },
    TooLong(usize),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "the register is not known"),
            Self::Refused { address, bytes } => {
                write!(f, "the camera refused its {bytes} bytes at {address:#x}")
            }
            Self::TooLong(bytes) => write!(f, "a register of {bytes} bytes is longer than {MAX_BYTES}"),
        }
    }
}

impl std::error::Error for Unread {}
