use framewire_gige_vision::PixelFormat;
use framewire_simulator::{Image, Pattern};
use proptest::prelude::*;

/// The formula of the documentation, byte by byte.
fn expected(image: &Image, frame: u64, at: usize) -> u8 {
    let h = |x: u32| {
        let x = (x ^ (x >> 16)).wrapping_mul(2246822507);
        let x = (x ^ (x >> 13)).wrapping_mul(3266489909);
        x ^ (x >> 16)
    };
    let row_bytes = image.width as usize * image.pixel_format.bits_per_pixel() as usize / 8;
    let (row, byte) = (at / row_bytes, at % row_bytes);
    let k = (byte / 4) as u32;
    let word = h(h(row as u32 + 1).wrapping_add(k)) ^ h((frame as u32).wrapping_add(0x9e37_79b9));
    let value = (word >> (8 * (byte % 4))) as u8;
    match image.pixel_format == PixelFormat::MONO_12 && byte % 2 == 1 {
        true => value & 0x0f,
        false => value,
    }
}

fn images() -> impl Strategy<Value = Image> {
    let formats =
        [PixelFormat::MONO_8, PixelFormat::MONO_12, PixelFormat::MONO_12_PACKED, PixelFormat::MONO_16];
    (1..40u32, 1..20u32, prop::sample::select(formats.to_vec())).prop_map(|(width, height, pixel_format)| {
        // Two pixels of a packed format share a byte.
        let width = if pixel_format == PixelFormat::MONO_12_PACKED { 2 * width } else { width };
        Image { width, height, offset_x: 0, offset_y: 0, pixel_format }
    })
}

proptest! {
    #[test]
    fn any_part_of_any_image_is_what_the_formula_says(
        image in images(),
        frame in prop_oneof![0..4u64, any::<u64>()],
        from in 0..1000usize,
        length in 0..1000usize,
    ) {
        let mut part = vec![7];
        Pattern::new(&image).write(frame, from, from + length, &mut part);
        let to = (from + length).min(image.bytes());
        let expected: Vec<u8> =
            [7].into_iter().chain((from..to).map(|at| expected(&image, frame, at))).collect();
        prop_assert_eq!(part, expected);
    }
}

#[test]
fn no_two_frames_share_a_row_and_no_two_rows_of_a_frame_are_equal() {
    let image = Image { width: 8, height: 100, offset_x: 0, offset_y: 0, pixel_format: PixelFormat::MONO_8 };
    let pattern = Pattern::new(&image);
    let mut rows = std::collections::HashSet::new();
    for frame in 0..100 {
        let mut pixels = Vec::new();
        pattern.write(frame, 0, image.bytes(), &mut pixels);
        assert!(pixels.chunks(8).all(|row| rows.insert(row.to_vec())), "frame {frame}");
    }
}
