use super::Code;
use crate::reader::Reader;
use crate::Error;
use alloc::vec::Vec;

/// Bytes of memory that one command can read or write.
pub const MAX_MEMORY_BYTES: usize = 536;

/// Address and count of READMEM_CMD.
pub(super) fn parse_range(body: &[u8]) -> Result<(u32, u16), Error> {
    let mut reader = Reader::new("READMEM_CMD", body);
    let address = reader.u32()?;
    reader.skip::<2>()?;
    Ok((address, reader.u16()?))
}

pub(super) fn encode_range(address: u32, count: u16) -> Vec<u8> {
    let mut body = address.to_be_bytes().to_vec();
    body.extend(u32::from(count).to_be_bytes());
    body
}

/// Address and bytes of READMEM_ACK and WRITEMEM_CMD.
pub(super) fn parse_data(code: Code, body: &[u8]) -> Result<(u32, &[u8]), Error> {
    let mut reader = Reader::new(code.packet(), body);
    Ok((reader.u32()?, reader.rest()))
}

pub(super) fn encode_data(address: u32, data: &[u8]) -> Vec<u8> {
    let mut body = address.to_be_bytes().to_vec();
    body.extend_from_slice(data);
    body
}
