//! Packs frames natively, one zstd frame an image, for `npm run bench`.
//!
//! Arguments: a file of raw 8-bit frames, the bytes of one, and `level3` or `chosen` (this crate's own choice of
//! parameters, with its hash). Each line of standard input, JSON `{"frames":N}`, is a round; its answer is one of JSON.

use framewire_zarr_shard::Packer;
use std::io::BufRead;
use std::time::Instant;
use zstd_safe::{compress_bound, CCtx, CParameter};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, frame_bytes, setting] = arguments.as_slice() else {
        panic!("give a file, the bytes of a frame, and a setting");
    };
    let movie = std::fs::read(file).expect("the file is readable");
    let frame_bytes: usize = frame_bytes.parse().expect("the bytes of a frame are a number");
    let mut pack = packer(setting);

    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is text");
        let count: usize =
            line.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("the message is {\"frames\":N}");
        let (start, cpu) = (Instant::now(), cpu_nanoseconds());
        let bytes: usize = movie.chunks_exact(frame_bytes).cycle().take(count).map(&mut pack).sum();
        let seconds = start.elapsed().as_secs_f64();
        // One thread that never waits: where the system does not tell, its time is the clock's.
        let cpu_seconds = match (cpu, cpu_nanoseconds()) {
            (Some(before), Some(after)) => (after - before) as f64 / 1e9,
            _ => seconds,
        };
        let raw_bytes = count * frame_bytes;
        println!(
            "{{\"seconds\":{seconds},\"cpuSeconds\":{cpu_seconds},\"rawBytes\":{raw_bytes},\"bytes\":{bytes}}}"
        );
    }
}

/// Packs one frame; answers its packed length.
type Pack = Box<dyn FnMut(&[u8]) -> usize>;

fn packer(setting: &str) -> Pack {
    if setting == "chosen" {
        let mut packer = Packer::new();
        return Box::new(move |frame| packer.pack(frame).expect("a frame packs").bytes.len());
    }
    assert_eq!(setting, "level3");
    let mut context = CCtx::create();
    context.set_parameter(CParameter::CompressionLevel(3)).expect("level 3 exists");
    let mut output = Vec::new();
    Box::new(move |frame| {
        output.clear();
        output.reserve(compress_bound(frame.len()));
        context.compress2(&mut output, frame).expect("a frame packs")
    })
}

/// CPU time of this process's only thread, where Linux tells it.
fn cpu_nanoseconds() -> Option<u64> {
    std::fs::read_to_string("/proc/self/schedstat").ok()?.split(' ').next()?.parse().ok()
}
