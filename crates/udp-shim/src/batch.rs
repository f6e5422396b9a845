//! Many packets a system call, between the network and memory handed in.

use libc::{c_uint, iovec, mmsghdr, sockaddr_in};
use nix::errno::Errno;
use nix::Result;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::{array, mem, ptr};

/// Words a packet has in the table: length, address, port, time (low, high).
const WORDS: usize = 5;
/// Packets a system call. Their headers are made on the stack each time (16 kB), so that a call allocates nothing and
/// nothing of it outlives the call.
const AT_ONCE: usize = 128;

/// The only control message that a socket of ours is sent: when the kernel received a packet.
#[repr(C)]
struct Received {
    header: libc::cmsghdr,
    time: libc::timespec,
}

/// Receive until every slot is full or nothing is left; how many packets.
pub fn receive(fd: BorrowedFd, memory: &mut [u8], slot_bytes: usize, table: &mut [u32]) -> Result<u32> {
    check(slot_bytes)?;
    let mut total = 0;
    let parts = memory.chunks_mut(slot_bytes * AT_ONCE).zip(table.chunks_mut(WORDS * AT_ONCE));
    for (memory, table) in parts {
        match receive_some(fd, memory, slot_bytes, table) {
            Ok(count) => {
                total += count;
                if count < AT_ONCE {
                    break;
                }
            }
            Err(Errno::EAGAIN) => break,
            // What was received is told first; an error that lasts comes with the next call.
            Err(_) if total > 0 => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(total as u32)
}

fn receive_some(fd: BorrowedFd, memory: &mut [u8], slot_bytes: usize, table: &mut [u32]) -> Result<usize> {
    let mut names = [NOBODY; AT_ONCE];
    let mut times: [Received; AT_ONCE] = array::from_fn(|_| NEVER);
    let mut parts = [NO_PART; AT_ONCE];
    let mut messages = [NO_MESSAGE; AT_ONCE];
    let mut slots = 0;
    for (at, slot) in memory.chunks_exact_mut(slot_bytes).take(table.len() / WORDS).enumerate() {
        parts[at] = iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: slot_bytes };
        let header = &mut messages[at].msg_hdr;
        header.msg_name = ptr::from_mut(&mut names[at]).cast();
        header.msg_namelen = mem::size_of::<sockaddr_in>() as u32;
        header.msg_iov = &mut parts[at];
        header.msg_iovlen = 1;
        header.msg_control = ptr::from_mut(&mut times[at]).cast();
        header.msg_controllen = mem::size_of::<Received>() as _;
        slots += 1;
    }
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
    // SAFETY: the first `slots` messages point to a name, a control message and a slot each, all of them writable, of
    // the lengths given with them, and borrowed by this function until after the call.
    let count = retried(|| unsafe {
        libc::recvmmsg(fd.as_raw_fd(), messages.as_mut_ptr(), slots as c_uint, flags as _, ptr::null_mut())
    })?;
    for (at, words) in table.chunks_exact_mut(WORDS).take(count).enumerate() {
        let ns = times[at].time.tv_sec as u64 * 1_000_000_000 + times[at].time.tv_nsec as u64;
        words[0] = messages[at].msg_len;
        words[1] = u32::from_be(names[at].sin_addr.s_addr);
        words[2] = u32::from(u16::from_be(names[at].sin_port));
        words[3] = ns as u32;
        words[4] = (ns >> 32) as u32;
    }
    Ok(count)
}

/// Send the packets of the first `count` slots; how many went.
pub fn send(fd: BorrowedFd, memory: &[u8], slot_bytes: usize, table: &[u32], count: usize) -> Result<u32> {
    check(slot_bytes)?;
    if count > (memory.len() / slot_bytes).min(table.len() / WORDS) {
        return Err(Errno::EINVAL);
    }
    let mut total = 0;
    let parts = memory[..count * slot_bytes]
        .chunks(slot_bytes * AT_ONCE)
        .zip(table[..count * WORDS].chunks(WORDS * AT_ONCE));
    for (memory, table) in parts {
        match send_some(fd, memory, slot_bytes, table) {
            Ok(sent) => {
                total += sent;
                if sent < table.len() / WORDS {
                    break;
                }
            }
            Err(Errno::EAGAIN | Errno::ENOBUFS) => break,
            // What was sent is told first; the packet that cannot be sent comes first in the next call.
            Err(_) if total > 0 => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(total as u32)
}

fn send_some(fd: BorrowedFd, memory: &[u8], slot_bytes: usize, table: &[u32]) -> Result<usize> {
    let mut names = [NOBODY; AT_ONCE];
    let mut parts = [NO_PART; AT_ONCE];
    let mut messages = [NO_MESSAGE; AT_ONCE];
    let mut count = 0;
    for (at, (slot, words)) in memory.chunks_exact(slot_bytes).zip(table.chunks_exact(WORDS)).enumerate() {
        let packet = slot.get(..words[0] as usize).ok_or(Errno::EINVAL)?;
        let port = u16::try_from(words[2]).map_err(|_| Errno::EINVAL)?;
        names[at].sin_addr.s_addr = words[1].to_be();
        names[at].sin_port = port.to_be();
        parts[at] = iovec { iov_base: packet.as_ptr().cast_mut().cast(), iov_len: packet.len() };
        let header = &mut messages[at].msg_hdr;
        header.msg_name = ptr::from_mut(&mut names[at]).cast();
        header.msg_namelen = mem::size_of::<sockaddr_in>() as u32;
        header.msg_iov = &mut parts[at];
        header.msg_iovlen = 1;
        count += 1;
    }
    // SAFETY: the first `count` messages point to a name and a packet each, readable, of the lengths given with them,
    // and borrowed by this function until after the call; the kernel writes to neither.
    retried(|| unsafe {
        libc::sendmmsg(fd.as_raw_fd(), messages.as_mut_ptr(), count as c_uint, libc::MSG_DONTWAIT as _)
    })
}

/// A UDP packet has at most 65,535 bytes, so that larger slots are a mistake.
fn check(slot_bytes: usize) -> Result<()> {
    if (1..=usize::from(u16::MAX)).contains(&slot_bytes) {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}

fn retried(mut call: impl FnMut() -> i32) -> Result<usize> {
    loop {
        match Errno::result(call()) {
            Err(Errno::EINTR) => {}
            result => return result.map(|count| count as usize),
        }
    }
}

const NOBODY: sockaddr_in = sockaddr_in {
    sin_family: libc::AF_INET as _,
    sin_port: 0,
    sin_addr: libc::in_addr { s_addr: 0 },
    sin_zero: [0; 8],
};
const NO_PART: iovec = iovec { iov_base: ptr::null_mut(), iov_len: 0 };
// SAFETY: structures of C that hold integers and pointers alone; all zeros are valid for them.
const NO_MESSAGE: mmsghdr = unsafe { mem::zeroed() };
// SAFETY: as above.
const NEVER: Received = unsafe { mem::zeroed() };
