//! A camera of GigE Vision that sends as fast as it is told to, for benchmarks: any host finds it, takes control and
//! starts it. Arguments: its IPv4 address, width and height of its images, of 8 bits a pixel.
//!
//! Each line of standard input tells what the next acquisition sends: images, and bytes of image a second. It says
//! `started` when a host starts it; when it has sent them, or is stopped, a line of JSON says what it sent, and when the
//! last packet of each image left.

#[cfg(target_os = "linux")]
mod device;
#[cfg(target_os = "linux")]
mod packets;
#[cfg(target_os = "linux")]
mod stream;

#[cfg(target_os = "linux")]
fn main() {
    use std::sync::{Arc, Mutex};

    let mut args = std::env::args().skip(1);
    let mut next = || args.next().expect("address, width and height");
    let address = next().parse().expect("an IPv4 address");
    let [width, height] = [next(), next()].map(|size| size.parse().expect("pixels"));

    let plan = Arc::new(Mutex::new(stream::Plan { images: 0, bytes_per_second: 1e6 }));
    let mut device = device::Device::new(address, width, height, plan.clone());
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let line = line.expect("standard input can be read");
            let (images, rate) = line.split_once(' ').expect("images and bytes a second");
            *plan.lock().expect("nobody panicked") = stream::Plan {
                images: images.parse().expect("a count of images"),
                bytes_per_second: rate.parse().expect("bytes a second"),
            };
            println!("planned");
        }
        std::process::exit(0);
    });
    device.serve();
}

#[cfg(not(target_os = "linux"))]
fn main() {}
