//! What is sent, and when.

use crate::packets::{block_id, Packets};
use nix::sys::socket::{sendmmsg, MsgFlags, MultiHeaders, SockaddrIn};
use nix::time::{clock_gettime, ClockId};
use std::fmt::Write;
use std::io::IoSlice;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Packets in one call of the system at most.
const BATCH: usize = 64;
/// As many packets as are due within this time go out together.
const TOGETHER: Duration = Duration::from_micros(250);
/// What was not sent because this process was not let run is not made up for beyond this: a camera would not either.
const MADE_UP: Duration = Duration::from_millis(20);

/// What an acquisition sends.
#[derive(Clone, Copy)]
pub struct Plan {
    /// 0: until it is stopped.
    pub images: u64,
    /// Of image; headers come on top.
    pub bytes_per_second: f64,
}

impl Plan {
    /// When, in ns of the camera's clock, an image is taken.
    fn timestamp(&self, number: u64, image_bytes: usize) -> u64 {
        1 + (number as f64 * image_bytes as f64 * 1e9 / self.bytes_per_second) as u64
    }
}

/// How far an acquisition is.
#[derive(Default)]
struct Progress {
    stop: AtomicBool,
    image: AtomicU64,
    /// Packets of it that were sent.
    packets: AtomicU64,
    resent: AtomicU64,
}

/// An acquisition under way.
pub struct Stream {
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
    /// For packets that are asked for again.
    packets: Packets,
    socket: UdpSocket,
    plan: Plan,
    image_bytes: usize,
}

impl Stream {
    /// Begin to send to where `socket` is connected to.
    pub fn start(socket: UdpSocket, plan: Plan, width: u32, height: u32, packet_size: u16) -> Self {
        let packets = || Packets::new(width, height, packet_size);
        let image_bytes = (width * height) as usize;
        println!("started");
        let progress = Arc::new(Progress::default());
        let thread = std::thread::spawn({
            let (mut packets, progress) = (packets(), progress.clone());
            let socket = socket.try_clone().expect("a socket can be shared");
            move || send(&socket, &plan, image_bytes, &mut packets, &progress)
        });
        Self { progress, thread: Some(thread), packets: packets(), socket, plan, image_bytes }
    }

    /// Send packets again, of those that were sent at all.
    pub fn resend(&mut self, id: u16, first: u32, last: u32) {
        let image = self.progress.image.load(Ordering::Acquire);
        let sent = self.progress.packets.load(Ordering::Acquire);
        let back = (u64::from(block_id(image)) + 65_535 - u64::from(id)) % 65_535;
        let Some(number) = image.checked_sub(back) else { return };
        let end = if back == 0 { sent } else { self.packets.count() as u64 };
        self.packets.stamp(number, self.plan.timestamp(number, self.image_bytes));
        for packet in u64::from(first)..(u64::from(last) + 1).min(end) {
            let Some(bytes) = self.packets.get(packet as usize) else { return };
            if self.socket.send(bytes).is_ok() {
                self.progress.resent.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.progress.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Send what is planned, and tell it.
fn send(socket: &UdpSocket, plan: &Plan, image_bytes: usize, packets: &mut Packets, progress: &Progress) {
    let packets_per_second = plan.bytes_per_second * packets.count() as f64 / image_bytes as f64;
    let together = (packets_per_second * TOGETHER.as_secs_f64()).clamp(1.0, BATCH as f64) as usize;
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut left_at = Vec::new();
    let (mut images, mut sent) = (0, 0);
    let start = Instant::now();
    // When the next packet is due, counted from the start.
    let mut due = Duration::ZERO;
    let mut behind = Duration::ZERO;
    while (plan.images == 0 || images < plan.images) && !progress.stop.load(Ordering::Relaxed) {
        packets.stamp(images, plan.timestamp(images, image_bytes));
        progress.packets.store(0, Ordering::Release);
        progress.image.store(images, Ordering::Release);
        let mut next = 0;
        while next < packets.count() {
            let late = start.elapsed().saturating_sub(due);
            if late.is_zero() {
                std::thread::sleep(due - start.elapsed().min(due));
            } else if late > MADE_UP {
                behind += late - MADE_UP;
                due += late - MADE_UP;
            }
            let slices: Vec<_> = (next..packets.count().min(next + together))
                .filter_map(|packet| packets.get(packet))
                .map(|bytes| [IoSlice::new(bytes)])
                .collect();
            let to = vec![None; slices.len()];
            let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("every Linux has it");
            let flags = MsgFlags::empty();
            let taken = match sendmmsg(socket.as_raw_fd(), &mut headers, &slices, to, [], flags) {
                Ok(results) => results.count(),
                // The host closed its port; a camera would not know.
                Err(nix::Error::ECONNREFUSED) => 1,
                Err(error) => panic!("the system sends nothing: {error}"),
            };
            next += taken;
            due += Duration::from_secs_f64(taken as f64 / packets_per_second);
            progress.packets.store(next as u64, Ordering::Release);
            if next == packets.count() {
                left_at.push(now.tv_sec() as u64 * 1_000_000_000 + now.tv_nsec() as u64);
            }
        }
        images += 1;
        sent += packets.count();
    }
    let seconds = start.elapsed().as_secs_f64();
    let resent = progress.resent.load(Ordering::Relaxed);
    let mut line = format!(
        "{{\"images\":{images},\"packets\":{sent},\"resent\":{resent},\"seconds\":{seconds},\"behindSeconds\":{},\
         \"imageBytes\":{image_bytes},\"leftAtNs\":[",
        behind.as_secs_f64()
    );
    for (n, at) in left_at.iter().enumerate() {
        let _ = write!(line, "{}\"{at}\"", if n == 0 { "" } else { "," });
    }
    println!("{line}]}}");
}
