/// Packets, both ends included.
pub type Range = (u32, u32);

/// What became of the packets of a frame. Packet 0 is the leader, the last one the trailer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Running number of the frame, from 0 on.
    pub number: u64,
    /// Its block id.
    pub id: u64,
    /// Packets, leader and trailer included; 0 where the camera left the frame and its id out.
    pub packets: u32,
    /// Were lost when they should have been sent first.
    pub dropped: Vec<Range>,
    /// Were sent with a header that is not theirs.
    pub damaged: Vec<Range>,
    /// Were sent with pixels that are not theirs, which no host can see.
    pub altered: Vec<Range>,
    /// No copy was sent as it should be, neither at first nor again.
    pub missing: Vec<Range>,
}

/// The packets to which `is` applies.
pub(crate) fn ranges(packets: &[u8], is: impl Fn(u8) -> bool) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for (packet, _) in (0..).zip(packets).filter(|(_, &fate)| is(fate)) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == packet => *last = packet,
            _ => ranges.push((packet, packet)),
        }
    }
    ranges
}
