use crate::{crc32c, ShardError};

/// Where a frame lies in its shard, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From the start of the shard.
    pub offset: u64,
    /// Of the zstd frame.
    pub length: u64,
}

/// An absent frame has both words of its entry full of ones.
const ABSENT: u64 = u64::MAX;
const ENTRY_BYTES: usize = 16;
const CRC_BYTES: usize = 4;

/// Bytes that the index of `frames` frames takes at the end of a shard.
fn index_bytes(frames: u32) -> u64 {
    u64::from(frames) * ENTRY_BYTES as u64 + CRC_BYTES as u64
}

/// The index of a shard, in frame order, with its CRC32C; `None` is an absent frame.
pub fn write_index(entries: &[Option<Entry>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * ENTRY_BYTES + CRC_BYTES);
    for entry in entries {
        let (offset, length) = entry.map_or((ABSENT, ABSENT), |e| (e.offset, e.length));
        bytes.extend_from_slice(&offset.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
    }
    let crc = crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// Read the index of `frames` frames from `tail`, the end of a shard that is `shard_bytes` long in all.
///
/// Every entry that is present lies before the index, is not empty and overlaps no other.
pub fn read_index(tail: &[u8], frames: u32, shard_bytes: u64) -> Result<Vec<Option<Entry>>, ShardError> {
    let needed = index_bytes(frames);
    let bytes = shard_bytes.min(tail.len() as u64);
    if bytes < needed {
        return Err(ShardError::Truncated { bytes, needed });
    }
    let index = &tail[tail.len() - needed as usize..];
    let (pairs, crc) = index.split_at(index.len() - CRC_BYTES);
    let expected = word(crc) as u32;
    let actual = crc32c(pairs);
    if expected != actual {
        return Err(ShardError::IndexCrc { expected, actual });
    }
    let data_bytes = shard_bytes - needed;
    let mut entries = Vec::with_capacity(frames as usize);
    for (frame, pair) in pairs.chunks_exact(ENTRY_BYTES).enumerate() {
        let (offset, length) = (word(&pair[..8]), word(&pair[8..]));
        if offset == ABSENT && length == ABSENT {
            entries.push(None);
            continue;
        }
        let inside = offset.checked_add(length).is_some_and(|end| end <= data_bytes);
        if length == 0 || !inside {
            return Err(ShardError::IndexEntry { frame: frame as u32, offset, length });
        }
        entries.push(Some(Entry { offset, length }));
    }
    refuse_overlap(&entries)?;
    Ok(entries)
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

fn refuse_overlap(entries: &[Option<Entry>]) -> Result<(), ShardError> {
    let mut present: Vec<(Entry, usize)> =
        entries.iter().enumerate().filter_map(|(frame, entry)| entry.map(|e| (e, frame))).collect();
    present.sort_unstable_by_key(|(entry, frame)| (entry.offset, *frame));
    for pair in present.windows(2) {
        let (before, (entry, frame)) = (pair[0].0, pair[1]);
        if before.offset + before.length > entry.offset {
            let Entry { offset, length } = entry;
            return Err(ShardError::IndexEntry { frame: frame as u32, offset, length });
        }
    }
    Ok(())
}
