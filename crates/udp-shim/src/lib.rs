//! Batched UDP for Node on Linux, as a Node-API addon. It knows nothing of cameras; `ts/datagrams` is its only user and
//! gives it its types. The whole interface, as JavaScript sees it:
//!
//! ```ts
//! /** A bound socket. Throws with `code` the name of the errno, as do all calls below. */
//! class UdpSocket {
//!   constructor(options: {
//!     address: number               // IPv4, 0x7f000001 is 127.0.0.1; 0 is every address of this host
//!     port: number                  // 0: one that is free
//!     device?: string               // SO_BINDTODEVICE: only packets through this interface, in and out
//!     receiveBufferBytes?: number   // SO_RCVBUFFORCE, and where that is not allowed SO_RCVBUF
//!     broadcast: boolean            // may send to broadcast addresses
//!     shared: boolean               // SO_REUSEADDR: others that say so too may have the same port
//!     dontFragment: boolean         // a packet beyond the path's MTU fails with EMSGSIZE
//!   })
//!   /** As bound. */
//!   readonly address: number
//!   readonly port: number
//!   /** What the kernel granted, in the units of what is asked for: half of what it reports. */
//!   readonly receiveBufferBytes: number
//!   /** Take what has arrived, as many packets as there are slots; how many. Never waits. */
//!   receive(memory: Uint8Array, slotBytes: number, table: Uint32Array): number
//!   /** Whether something has arrived; blocks the thread until it has, at most for `timeoutMs`. */
//!   wait(timeoutMs: number): boolean
//!   /** Send the packets of the first `count` slots in order; how many went, fewer where the send buffer is full. */
//!   sendMany(memory: Uint8Array, slotBytes: number, table: Uint32Array, count: number): number
//!   /** Packets that the kernel dropped because the receive buffer was full, since the socket was opened. */
//!   drops(): number
//!   /** Every later call throws EBADF. */
//!   close(): void
//! }
//! ```
//!
//! `memory` holds slots of `slotBytes`, one behind the other; `table` five words for each: length in bytes, address and
//! port of the other side, and when the kernel received the packet, in ns since 1970, low word and high word. (The times
//! are not read when sending. Linux begins to note them a little after a host's first such socket is opened; until then
//! they are those of `receive`.) A packet longer than its slot is cut there, its length told whole. Both may lie in
//! WebAssembly memory, but not over each other, and not in memory that is shared between threads; nothing is kept of
//! them.
#![cfg(target_os = "linux")]

mod batch;
mod socket;

use napi::bindgen_prelude::{Uint32ArraySlice, Uint8ArraySlice};
use napi_derive::napi;
use nix::errno::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What a call of JavaScript's throws: `code` is the name of the errno.
type Result<T> = napi::Result<T, String>;

fn thrown(errno: Errno) -> napi::Error<String> {
    napi::Error::new(format!("{errno:?}"), errno.desc().to_owned())
}

/// How a socket is to be opened; see the page above.
#[napi(object)]
pub struct OpenOptions {
    /// IPv4 address to bind to.
    pub address: u32,
    /// Port to bind to.
    pub port: u16,
    /// Name of an interface.
    pub device: Option<String>,
    /// Receive buffer to ask for.
    pub receive_buffer_bytes: Option<u32>,
    /// Whether broadcasts may be sent.
    pub broadcast: bool,
    /// Whether others may have the same port.
    pub shared: bool,
    /// Whether packets must not be fragmented.
    pub dont_fragment: bool,
}

/// A bound socket; see the page above.
#[napi]
pub struct UdpSocket {
    fd: Option<OwnedFd>,
    drops: socket::Drops,
    /// Bound to this address.
    #[napi(readonly)]
    pub address: u32,
    /// Bound to this port.
    #[napi(readonly)]
    pub port: u16,
    /// Receive buffer that was granted.
    #[napi(readonly)]
    pub receive_buffer_bytes: u32,
}

#[napi]
impl UdpSocket {
    /// Open and bind a socket.
    #[napi(constructor)]
    pub fn new(options: OpenOptions) -> Result<Self> {
        let opened = socket::open(&options).map_err(thrown)?;
        Ok(Self {
            fd: Some(opened.fd),
            drops: socket::Drops::default(),
            address: opened.address,
            port: opened.port,
            receive_buffer_bytes: opened.receive_buffer_bytes,
        })
    }

    /// Take what has arrived.
    #[napi]
    pub fn receive(
        &self,
        mut memory: Uint8ArraySlice,
        slot_bytes: u32,
        mut table: Uint32ArraySlice,
    ) -> Result<u32> {
        let fd = self.open_fd()?;
        if overlap(&memory, &table) {
            return Err(thrown(Errno::EINVAL));
        }
        // SAFETY: this call is the only code that runs on the thread that owns the two arrays, so nothing else reads or
        // writes them until it returns, and they do not overlap. (Arrays that another thread may write are excluded by
        // the contract above.)
        let (memory, table) = unsafe { (memory.as_mut(), table.as_mut()) };
        batch::receive(fd, memory, slot_bytes as usize, table).map_err(thrown)
    }

    /// Whether something has arrived, within a time.
    #[napi]
    pub fn wait(&self, timeout_ms: u16) -> Result<bool> {
        socket::wait(self.open_fd()?, timeout_ms).map_err(thrown)
    }

    /// Send the packets of a batch.
    #[napi]
    pub fn send_many(
        &self,
        memory: Uint8ArraySlice,
        slot_bytes: u32,
        table: Uint32ArraySlice,
        count: u32,
    ) -> Result<u32> {
        batch::send(self.open_fd()?, &memory, slot_bytes as usize, &table, count as usize).map_err(thrown)
    }

    /// What the kernel dropped so far.
    #[napi]
    pub fn drops(&mut self) -> Result<f64> {
        let fd = self.fd.as_ref().ok_or_else(|| thrown(Errno::EBADF))?;
        self.drops.count(fd).map_err(thrown)
    }

    /// Close the socket.
    #[napi]
    pub fn close(&mut self) {
        self.fd = None;
    }

    fn open_fd(&self) -> Result<BorrowedFd<'_>> {
        self.fd.as_ref().map(AsFd::as_fd).ok_or_else(|| thrown(Errno::EBADF))
    }
}

fn overlap(memory: &[u8], table: &[u32]) -> bool {
    let (memory, table) = (memory.as_ptr_range(), table.as_ptr_range());
    memory.start < table.end.cast() && table.start.cast() < memory.end
}
