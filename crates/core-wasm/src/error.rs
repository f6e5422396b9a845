use framewire_pixels::PixelError;
use framewire_zarr_shard::ShardError;
use js_sys::{Object, Reflect};
use std::fmt::Display;
use wasm_bindgen::JsValue;

/// An error of the core that JavaScript knows by a code and by named figures.
pub(crate) trait Coded: Display {
    /// Code, and the members of `details`.
    fn coded(&self) -> (&'static str, Vec<(&'static str, JsValue)>);
}

impl Coded for PixelError {
    fn coded(&self) -> (&'static str, Vec<(&'static str, JsValue)>) {
        match self {
            Self::Size { expected, actual } => (
                "frames/layout",
                vec![("expectedBytes", number(*expected)), ("actualBytes", number(*actual))],
            ),
            Self::Dims { .. } | Self::UnknownFormat(_) => ("frames/layout", vec![("reason", text(self))]),
            // What was given is known best to the caller, who adds it.
            Self::Range(_) | Self::UnknownGray(_) | Self::RangeNeeded(_) | Self::GrayNeeded(_) => {
                ("frames/conversion", vec![])
            }
        }
    }
}

impl Coded for ShardError {
    fn coded(&self) -> (&'static str, Vec<(&'static str, JsValue)>) {
        match self {
            Self::Truncated { bytes, needed } => {
                ("shard/truncated", vec![("bytes", number(*bytes)), ("needed", number(*needed))])
            }
            Self::IndexCrc { expected, actual } => (
                "shard/index-crc",
                vec![("expected", number(u64::from(*expected))), ("actual", number(u64::from(*actual)))],
            ),
            Self::IndexEntry { frame, offset, length } => (
                "shard/index-entry",
                vec![
                    ("frame", number(u64::from(*frame))),
                    ("offset", number(*offset)),
                    ("length", number(*length)),
                ],
            ),
            Self::Frame { frame, reason } => {
                ("shard/frame", vec![("frame", number(u64::from(*frame))), ("reason", text(reason))])
            }
            Self::FrameSize { frame, expected, actual } => (
                "shard/frame-size",
                vec![
                    ("frame", number(u64::from(*frame))),
                    ("expectedBytes", number(*expected)),
                    ("actualBytes", number(*actual)),
                ],
            ),
            Self::Internal { reason } => ("core/internal", vec![("reason", text(reason))]),
        }
    }
}

/// The plain object `{ code, message, details }` that is thrown for `error`.
pub(crate) fn thrown(error: impl Coded) -> JsValue {
    let (code, members) = error.coded();
    object(&[("code", text(code)), ("message", text(&error)), ("details", object(&members))])
}

fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // Cannot fail on a plain object.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

fn number(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
}

fn text(value: impl Display) -> JsValue {
    JsValue::from_str(&value.to_string())
}
