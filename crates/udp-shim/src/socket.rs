//! Opening a socket, waiting for it, and what the kernel says of it.

use crate::OpenOptions;
use nix::errno::Errno;
use nix::poll::{poll, PollFd, PollFlags};
use nix::sys::socket::{
    bind, getsockname, getsockopt, setsockopt, socket, sockopt, AddressFamily, SockFlag, SockType, SockaddrIn,
};
use nix::{getsockopt_impl, setsockopt_impl, sockopt_impl, Result};
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// `SK_MEMINFO_VARS` and `SK_MEMINFO_DROPS` of linux/sock_diag.h.
const MEMINFO_WORDS: usize = 9;
const MEMINFO_DROPS: usize = 8;

sockopt_impl!(MtuDiscover, SetOnly, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, i32);
sockopt_impl!(MemInfo, GetOnly, libc::SOL_SOCKET, libc::SO_MEMINFO, [u32; MEMINFO_WORDS]);

/// A bound socket and what became of what was asked for.
pub struct Opened {
    pub fd: OwnedFd,
    pub address: u32,
    pub port: u16,
    pub receive_buffer_bytes: u32,
}

pub fn open(options: &OpenOptions) -> Result<Opened> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Inet, SockType::Datagram, flags, None)?;
    setsockopt(&fd, sockopt::ReceiveTimestampns, &true)?;
    setsockopt(&fd, sockopt::Broadcast, &options.broadcast)?;
    setsockopt(&fd, sockopt::ReuseAddr, &options.shared)?;
    if options.dont_fragment {
        setsockopt(&fd, MtuDiscover, &libc::IP_PMTUDISC_DO)?;
    }
    if let Some(device) = &options.device {
        setsockopt(&fd, sockopt::BindToDevice, &OsString::from(device))?;
    }
    if let Some(bytes) = options.receive_buffer_bytes {
        let bytes = bytes.min(i32::MAX as u32) as usize;
        setsockopt(&fd, sockopt::RcvBufForce, &bytes)
            .or_else(|_| setsockopt(&fd, sockopt::RcvBuf, &bytes))?;
    }
    let address = SocketAddrV4::new(Ipv4Addr::from_bits(options.address), options.port);
    bind(fd.as_raw_fd(), &SockaddrIn::from(address))?;
    let bound = SocketAddrV4::from(getsockname::<SockaddrIn>(fd.as_raw_fd())?);
    // The kernel keeps twice of what it is asked for, the other half for its own records of the packets.
    let receive_buffer_bytes = (getsockopt(&fd, sockopt::RcvBuf)? / 2) as u32;
    Ok(Opened { fd, address: bound.ip().to_bits(), port: bound.port(), receive_buffer_bytes })
}

pub fn wait(fd: BorrowedFd, timeout_ms: u16) -> Result<bool> {
    match poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], timeout_ms) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// The kernel's counter of drops, which has 32 bits, without its wraps.
#[derive(Default)]
pub struct Drops {
    total: u64,
    last: u32,
}

impl Drops {
    /// Read with `SO_MEMINFO`, not with each packet (`SO_RXQ_OVFL`): it then counts also what was dropped after the last
    /// packet that was kept, and costs nothing a packet.
    pub fn count(&mut self, fd: &impl AsFd) -> Result<f64> {
        let now = getsockopt(fd, MemInfo)?[MEMINFO_DROPS];
        self.total += u64::from(now.wrapping_sub(self.last));
        self.last = now;
        Ok(self.total as f64)
    }
}
