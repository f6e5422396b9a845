//! Megabytes of counts a second that become physical values: `cargo run --release --example scale_rate`.

use framewire_telops::Scale;
use std::hint::black_box;
use std::time::Instant;

const COUNTS: usize = 320 * 256;
const FRAMES: usize = 2000;

fn main() {
    let counts: Vec<u16> = (0..COUNTS).map(|at| at as u16).collect();
    let mut values = vec![0.0; COUNTS];
    let scale = black_box(Scale::new(-10, 273.15, true));
    let started = Instant::now();
    for _ in 0..FRAMES {
        scale.apply(black_box(&counts), black_box(&mut values));
    }
    let megabytes = (FRAMES * COUNTS * size_of::<u16>()) as f64 / 1e6;
    println!("{:.0} MB/s of counts", megabytes / started.elapsed().as_secs_f64());
}
