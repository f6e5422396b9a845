use crate::reassembler::Packet;
use std::net::Ipv4Addr;

/// Words of a packet in the table: length in bytes, address, port, time received in ns since 1970 (low, high word).
pub const PACKET_WORDS: usize = 5;
/// Bytes of IPv4 and UDP headers, which count in a packet size.
const IP_UDP_BYTES: usize = 28;
/// The least that a slot has room for, so that a packet that is too long for the stream shows its true length.
const LEAST_SLOT_BYTES: usize = 576;
/// Bytes of all slots together.
const MEMORY_BYTES: usize = 2 << 20;

/// Datagrams as they are received: equal slots, one behind the other, and a table with the words of each.
pub struct Batch {
    memory: Vec<u8>,
    slot_bytes: usize,
    table: Vec<u32>,
}

impl Batch {
    /// For packets of this size, in bytes of the whole IP packet.
    pub fn new(packet_size: u16) -> Self {
        let slot_bytes = usize::from(packet_size).saturating_sub(IP_UDP_BYTES).max(LEAST_SLOT_BYTES);
        let slots = (MEMORY_BYTES / slot_bytes).clamp(64, 1024);
        Self::with_slots(slots, slot_bytes)
    }

    /// Slots of these bytes.
    pub fn with_slots(slots: usize, slot_bytes: usize) -> Self {
        Self { memory: vec![0; slots * slot_bytes], slot_bytes, table: vec![0; slots * PACKET_WORDS] }
    }

    /// All slots.
    pub fn memory(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// Bytes of a slot.
    pub fn slot_bytes(&self) -> usize {
        self.slot_bytes
    }

    /// Words of all packets.
    pub fn table(&mut self) -> &mut [u32] {
        &mut self.table
    }

    /// The first so many packets.
    #[inline]
    pub fn packets(&self, count: usize) -> impl Iterator<Item = Packet<'_>> {
        let slots = self.memory.chunks_exact(self.slot_bytes);
        slots.zip(self.table.as_chunks::<PACKET_WORDS>().0).take(count).map(
            |(slot, &[length, address, _, low, high])| {
                let length = length as usize;
                Packet {
                    bytes: slot.get(..length).unwrap_or(slot),
                    length,
                    from: Ipv4Addr::from_bits(address),
                    received_at_ns: u64::from(high) << 32 | u64::from(low),
                }
            },
        )
    }

    /// Put a datagram for `to` into a slot; whether there is room for it.
    pub fn put(&mut self, slot: usize, datagram: &[u8], to: (Ipv4Addr, u16)) -> bool {
        let memory = self.memory.chunks_exact_mut(self.slot_bytes).nth(slot);
        let entry = self.table.as_chunks_mut::<PACKET_WORDS>().0.get_mut(slot);
        let (Some(place), Some(entry)) = (memory.and_then(|slot| slot.get_mut(..datagram.len())), entry)
        else {
            return false;
        };
        place.copy_from_slice(datagram);
        *entry = [datagram.len() as u32, to.0.to_bits(), to.1.into(), 0, 0];
        true
    }
}
