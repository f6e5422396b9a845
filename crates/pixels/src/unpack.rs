use crate::decode::decode;
use crate::{Format, Gray, PixelError};

/// Rows of gray pixels to 16-bit values, one behind the other. Each row begins `row_bytes` behind the one before; what
/// lies between them is left out. Without `row_bytes` they follow each other without padding, in the packed formats to
/// the bit. Bytes beyond the last row are of no concern.
pub fn unpack(
    bytes: &[u8],
    format: Format,
    [height, width]: [usize; 2],
    row_bytes: Option<usize>,
    values: &mut Vec<u16>,
) -> Result<(), PixelError> {
    if format.is_colour() {
        return Err(PixelError::GrayNeeded(format.name()));
    }
    let (rows, row) = match row_bytes {
        Some(_) => (height, width),
        None => (1, height.saturating_mul(width)),
    };
    let bytes_of = |pixels: usize| format.bytes(pixels as u64).and_then(|bytes| usize::try_from(bytes).ok());
    let used = bytes_of(row).unwrap_or(usize::MAX);
    let stride = row_bytes.unwrap_or(used).max(used);
    let needed = rows.saturating_sub(1).saturating_mul(stride).saturating_add(used);
    if rows == 0 || row == 0 || bytes.len() < needed {
        return Err(PixelError::Size { expected: needed as u64, actual: bytes.len() as u64 });
    }
    values.resize(rows.saturating_mul(row), 0);
    for (values, bytes) in values.chunks_mut(row).zip(bytes.chunks(stride)) {
        decode(bytes.get(..used).unwrap_or(bytes), format, Gray::Mean, values);
    }
    Ok(())
}
