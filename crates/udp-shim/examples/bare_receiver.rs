//! A bare recvmmsg receiver, for benchmarks to compare with: it takes all there is, lets a millisecond pass, and looks at
//! nothing. Arguments: the IPv4 address to bind to and, where packets are longer than 2048 bytes, how long. Prints its
//! port; when its standard input ends, the packets it received.

#[cfg(target_os = "linux")]
fn main() {
    use nix::sys::socket::{recvmmsg, setsockopt, sockopt, MsgFlags, MultiHeaders, SockaddrIn};
    use std::io::{IoSliceMut, Read};
    use std::os::fd::AsRawFd;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    const SLOTS: usize = 256;
    static ENDED: AtomicBool = AtomicBool::new(false);

    let address = std::env::args().nth(1).expect("an address");
    let slot_bytes = std::env::args().nth(2).map_or(2048, |bytes| bytes.parse().expect("bytes of a packet"));
    let socket = std::net::UdpSocket::bind((address.as_str(), 0)).expect("the address is this host's");
    let bytes = 32 << 20;
    setsockopt(&socket, sockopt::RcvBufForce, &bytes)
        .or_else(|_| setsockopt(&socket, sockopt::RcvBuf, &bytes))
        .expect("a receive buffer");
    println!("{}", socket.local_addr().expect("a bound socket").port());

    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        ENDED.store(true, Ordering::Relaxed);
    });
    let mut memory = vec![0; SLOTS * slot_bytes];
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(SLOTS, None);
    let mut packets = 0;
    while !ENDED.load(Ordering::Relaxed) {
        let mut slots: Vec<_> = memory.chunks_mut(slot_bytes).map(|slot| [IoSliceMut::new(slot)]).collect();
        let flags = MsgFlags::MSG_DONTWAIT;
        let received = recvmmsg(socket.as_raw_fd(), &mut headers, slots.iter_mut(), flags, None);
        let count = received.map_or(0, Iterator::count);
        packets += count;
        if count < SLOTS {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    println!("{packets}");
}

#[cfg(not(target_os = "linux"))]
fn main() {}
