//! What a call answers: a result, a register that is missing, or why not.

use crate::registers::{Registers, Unread};
use serde::Serialize;
use viva_genapi::GenApiError;
use wasm_bindgen::JsValue;

/// `Answer` of TypeScript.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Answer<T> {
    Done { result: T },
    Missing { address: u64, bytes: u32 },
    Failed(Failure),
}

/// Why something cannot be evaluated.
#[derive(Debug, PartialEq, Serialize)]
pub struct Failure {
    pub reason: Reason,
    pub message: String,
    /// The register that the camera refused.
    pub address: Option<u64>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The feature cannot be read, or written, now or ever.
    Access,
    /// The feature does not take the value.
    Value,
    /// The camera refused a register.
    Refused,
    /// The description makes no sense there.
    Description,
}

impl From<GenApiError> for Failure {
    fn from(error: GenApiError) -> Self {
        use GenApiError as E;
        let reason = match &error {
            E::Access { .. }
            | E::Locked { .. }
            | E::Unavailable(_)
            | E::NotAttached { .. }
            | E::PortNotWritable { .. }
            | E::MaskedWriteUnreadable { .. } => Reason::Access,
            E::InvalidText { .. }
            | E::Range { .. }
            | E::RegisterLength { .. }
            | E::EnumEntryUnavailable { .. }
            | E::EnumNoSuchEntry { .. }
            | E::ValueTooWide { .. } => Reason::Value,
            E::Io(source) => match source.downcast_ref() {
                Some(Unread::Refused { address, .. }) => {
                    return Self {
                        reason: Reason::Refused,
                        message: source.to_string(),
                        address: Some(*address),
                    }
                }
                _ => Reason::Description,
            },
            _ => Reason::Description,
        };
        Self { reason, message: error.to_string(), address: None }
    }
}

impl Failure {
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), address: None }
    }
}

/// The answer of an evaluation that ended with `outcome`: nothing it says counts while a register was missing.
pub fn answer<T: Serialize>(registers: &Registers, outcome: Result<T, Failure>) -> Result<JsValue, JsValue> {
    object(&match (registers.missing(), outcome) {
        (Some((address, bytes)), _) => Answer::Missing { address, bytes },
        (None, Ok(result)) => Answer::Done { result },
        (None, Err(failure)) => Answer::Failed(failure),
    })
}

/// Whole numbers of 64 bits become `bigint`s: not all of them are numbers of JavaScript.
pub fn object(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
    value.serialize(&serializer).map_err(JsValue::from)
}
