use super::{Code, MAX_BODY_BYTES};
use crate::reader::Reader;
use crate::{Error, Status};
use alloc::vec::Vec;

/// The first byte of every command.
const KEY: u8 = 0x42;
const ACKNOWLEDGE: u8 = 0x01;

/// What every command begins with: enough to answer one that cannot be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandHeader {
    /// All eight flags; `0x01` asks for an acknowledge, others depend on the command.
    pub flags: u8,
    /// Which command.
    pub code: Code,
    /// What the acknowledge has to repeat; never 0.
    pub request_id: u16,
}

impl CommandHeader {
    /// Header and body of a command. Bytes behind the stated length are no part of it.
    pub fn parse(datagram: &[u8]) -> Result<(Self, &[u8]), Error> {
        let mut reader = Reader::new("a GVCP command", datagram);
        let key = reader.u8()?;
        if key != KEY {
            return Err(Error::Key { actual: key });
        }
        let flags = reader.u8()?;
        let code = Code::from(reader.u16()?);
        let length = reader.u16()?;
        let header = Self { flags, code, request_id: reader.u16()? };
        Ok((header, body(code, length, reader.rest())?))
    }

    /// Whether the host waits for an acknowledge.
    pub const fn acknowledge(self) -> bool {
        self.flags & ACKNOWLEDGE != 0
    }

    /// `flags` with or without the one that asks for an acknowledge.
    pub(super) const fn flags(acknowledge: bool, flags: u8) -> u8 {
        if acknowledge {
            flags | ACKNOWLEDGE
        } else {
            flags
        }
    }

    pub(super) fn write(self, body: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let length = length(self.code, body)?;
        out.extend([KEY, self.flags]);
        finish(self.code, length, self.request_id, body, out);
        Ok(())
    }
}

/// What every acknowledge begins with: enough to tell whose answer it is and whether the command failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AckHeader {
    /// What became of the command.
    pub status: Status,
    /// Which acknowledge.
    pub code: Code,
    /// The request id of the command.
    pub request_id: u16,
}

impl AckHeader {
    /// Header and body of an acknowledge. Bytes behind the stated length are no part of it.
    pub fn parse(datagram: &[u8]) -> Result<(Self, &[u8]), Error> {
        let mut reader = Reader::new("a GVCP acknowledge", datagram);
        let status = Status::from(reader.u16()?);
        let code = Code::from(reader.u16()?);
        let length = reader.u16()?;
        let header = Self { status, code, request_id: reader.u16()? };
        Ok((header, body(code, length, reader.rest())?))
    }

    pub(super) fn write(self, body: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let length = length(self.code, body)?;
        out.extend(u16::from(self.status).to_be_bytes());
        finish(self.code, length, self.request_id, body, out);
        Ok(())
    }
}

fn body(code: Code, length: u16, rest: &[u8]) -> Result<&[u8], Error> {
    let (what, stated) = (code.packet(), usize::from(length));
    if stated > MAX_BODY_BYTES {
        return Err(Error::TooLong { what, bytes: stated, limit: MAX_BODY_BYTES });
    }
    rest.get(..stated).ok_or(Error::Length { what, stated, actual: rest.len() })
}

fn length(code: Code, body: &[u8]) -> Result<u16, Error> {
    let short = u16::try_from(body.len()).ok().filter(|&length| usize::from(length) <= MAX_BODY_BYTES);
    short.ok_or(Error::TooLong { what: code.packet(), bytes: body.len(), limit: MAX_BODY_BYTES })
}

fn finish(code: Code, length: u16, request_id: u16, body: &[u8], out: &mut Vec<u8>) {
    for word in [u16::from(code), length, request_id] {
        out.extend(word.to_be_bytes());
    }
    out.extend_from_slice(body);
}
