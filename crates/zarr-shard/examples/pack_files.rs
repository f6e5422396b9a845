//! Packs each file named on the command line as one frame, into `FILE.zst`: what this machine's libzstd makes of it, to
//! compare with what the WebAssembly one does.

use framewire_zarr_shard::Packer;

fn main() {
    let mut packer = Packer::new();
    for file in std::env::args().skip(1) {
        let pixels = std::fs::read(&file).expect("the file is readable");
        let packed = packer.pack(&pixels).expect("a frame packs");
        std::fs::write(format!("{file}.zst"), packed.bytes).expect("the folder is writable");
    }
}
