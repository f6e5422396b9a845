use framewire_gige_vision::gvsp::{Content, Header};
use framewire_gige_vision::{BlockId, PixelFormat};
use framewire_simulator::{Faults, Image, Options, Origin, Sender, Source, Stream};

/// A camera without faults.
pub fn options() -> Options {
    Options {
        seed: 1,
        ring_blocks: 64,
        record_frames: 1000,
        faults: Faults::default(),
        hostile: None,
        resend_status: false,
        first_id: BlockId::Bits16(1),
        ids_go_on: false,
    }
}

pub fn faulty(seed: u64, faults: Faults) -> Options {
    Options { seed, faults, ..options() }
}

pub fn image(width: u32, height: u32) -> Image {
    Image { width, height, offset_x: 3, offset_y: 5, pixel_format: PixelFormat::MONO_8 }
}

/// 40 payload packets of 100 bytes.
pub const STREAM: Stream = Stream {
    image: Image { width: 80, height: 50, offset_x: 0, offset_y: 0, pixel_format: PixelFormat::MONO_8 },
    packet_size: 136,
    source: Source::Pattern,
};
/// Leader, payload and trailer of such a frame.
pub const PACKETS: u32 = 42;

/// A camera in the midst of a stream.
pub fn started(options: Options, stream: Stream) -> Sender {
    let mut sender = Sender::new(options);
    assert_eq!(sender.start(stream), Ok(()));
    sender
}

/// All that there is to be sent.
pub fn drain(sender: &mut Sender) -> Vec<(Origin, Vec<u8>)> {
    let mut packet = Vec::new();
    std::iter::from_fn(|| sender.next(&mut packet).map(|origin| (origin, packet.clone()))).collect()
}

/// The packets of so many frames.
pub fn frames(sender: &mut Sender, count: u64) -> Vec<Vec<u8>> {
    (0..count)
        .flat_map(|frame| {
            sender.take(1000 * frame);
            drain(sender)
        })
        .map(|(_, packet)| packet)
        .collect()
}

/// Block and packet id of a packet that is sound.
pub fn place(packet: &[u8]) -> Option<(u64, u32)> {
    let (header, content) = Header::parse(packet).ok()?;
    Content::parse(header.format, content).ok()?;
    (!header.status.is_error()).then(|| (header.block.value(), header.packet))
}
