use std::net::Ipv4Addr;

/// What the reassembly is told of a stream before its first packet.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where packets have to come from.
    pub source: Ipv4Addr,
    /// Packet size of the stream channel, in bytes of the whole IP packet.
    pub packet_size: u16,
    /// Bytes of the largest image that is taken.
    pub block_bytes: usize,
    /// Images in memory at most.
    pub buffers: usize,
    /// For how long a block that has begun may bring nothing until it counts as sent to its end.
    pub idle_us: u64,
    /// None: packets are never asked for again.
    pub resend: Option<ResendPolicy>,
    /// Whether incomplete images are handed out, or dropped and counted.
    pub deliver_incomplete: bool,
}

/// When and how often packets are asked for again.
#[derive(Clone, Copy, Debug)]
pub struct ResendPolicy {
    /// For how long a packet may be missing, while others keep coming, until it is asked for first.
    pub first_us: u64,
    /// Where nothing comes for so long, what is missing is asked for all the same.
    pub silent_us: u64,
    /// For how long until it is asked for again.
    pub again_us: u64,
    /// How often a packet is asked for at most.
    pub attempts: u32,
    /// Requests per second at most.
    pub per_second: u32,
}
