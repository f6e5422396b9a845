//! Headers of Telops frames, field by field.

use framewire_telops::Header;
use proptest::prelude::*;

/// A header as the documentation of the camera lays it out.
fn bytes(header: &Header) -> Vec<u8> {
    let mut bytes = vec![0xa5; 256];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, b"TC");
    put(2, &[header.version.1, header.version.0]);
    put(4, &header.length.to_le_bytes());
    put(8, &header.frame_id.to_le_bytes());
    put(12, &header.data_offset.to_le_bytes());
    put(16, &header.data_exp.to_le_bytes());
    put(24, &header.exposure.to_le_bytes());
    put(28, &[header.calibration_mode]);
    put(32, &header.width.to_le_bytes());
    put(34, &header.height.to_le_bytes());
    put(44, &header.frame_rate.to_le_bytes());
    put(74, &[header.buffering.unwrap_or(3)]);
    put(100, &header.posix_seconds.to_le_bytes());
    put(104, &header.sub_second.to_le_bytes());
    bytes
}

/// Taken in the middle of a recording, in mode RT.
const HEADER: Header = Header {
    version: (12, 9),
    length: 256,
    frame_id: 77,
    data_offset: 273.15,
    data_exp: -10,
    exposure: 1250,
    calibration_mode: 2,
    width: 320,
    height: 256,
    frame_rate: 750_125,
    buffering: Some(2),
    posix_seconds: 1_700_000_000,
    sub_second: 9_999_999,
};

prop_compose! {
    fn headers()(
        (version, length, frame_id) in any::<((u8, u8), u16, u32)>(),
        (data_offset, data_exp, exposure) in (prop::num::f32::NORMAL, any::<i8>(), any::<u32>()),
        (calibration_mode, width, height) in any::<(u8, u16, u16)>(),
        (frame_rate, flag, posix_seconds, sub_second) in any::<(u32, u8, u32, u32)>(),
    ) -> Header {
        let buffering = (version.0 > 12 || version.0 == 12 && version.1 >= 9).then_some(flag);
        Header {
            version, length, frame_id, data_offset, data_exp, exposure, calibration_mode, width, height,
            frame_rate, buffering, posix_seconds, sub_second,
        }
    }
}

proptest! {
    #[test]
    fn every_field_is_read_where_it_lies(header in headers()) {
        prop_assert_eq!(Header::parse(&bytes(&header)), Some(header));
    }

    #[test]
    fn any_bytes_are_a_header_or_none(mut frame: Vec<u8>, signed: bool) {
        if signed && frame.len() >= 2 {
            frame[..2].copy_from_slice(b"TC");
        }
        let is_header = frame.starts_with(b"TC") && frame.len() >= 108;
        prop_assert_eq!(Header::parse(&frame).is_some(), is_header);
    }

    #[test]
    fn a_header_that_is_cut_is_none_whatever_it_claims(length: u16, kept in 0..256usize) {
        let whole = bytes(&Header { length, ..HEADER });
        let cut = Header::parse(&whole[..kept]);
        prop_assert_eq!(cut.map(|header| header.length), (kept >= 108).then_some(length));
    }
}

#[test]
fn headers_before_version_12_9_have_no_buffering_flag() {
    let flag =
        |version| Header::parse(&bytes(&Header { version, ..HEADER })).and_then(|header| header.buffering);
    assert_eq!([(11, 200), (12, 8), (12, 9), (13, 0)].map(flag), [None, None, Some(2), Some(2)]);
}

#[test]
fn counts_stand_for_themselves_where_offset_and_exponent_are_zero() {
    let has = |data_exp, data_offset| Header { data_exp, data_offset, ..HEADER }.has_physical();
    assert!(!has(0, 0.0) && !has(0, -0.0));
    assert!(has(-10, 0.0) && has(0, 1.5) && has(0, f32::NAN));
}
