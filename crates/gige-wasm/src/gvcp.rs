//! Control packets: objects to bytes and back.

use crate::control::{object, value, wrong, Ack, Command};
use crate::identity::Identity;
use framewire_gige_vision::gvcp::{self, AckHeader, CommandHeader, DiscoveryAck};
use framewire_gige_vision::Status;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// `ReceivedCommand` of TypeScript.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedCommand {
    request_id: u16,
    acknowledge: bool,
    code: u16,
    command: Option<Command>,
    reason: Option<String>,
}

/// `ReceivedAck` of TypeScript.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedAck {
    request_id: u16,
    status: u16,
    code: u16,
    ack: Ack,
}

/// The datagram of a command.
#[wasm_bindgen(js_name = writeCommand)]
pub fn write_command(request_id: u16, command: JsValue, acknowledge: bool) -> Result<Vec<u8>, JsError> {
    let command: Command = value(command)?;
    let body = command.body().map_err(wrong)?;
    let mut datagram = Vec::new();
    gvcp::Command { acknowledge, request_id, body }.write(&mut datagram).map_err(wrong)?;
    Ok(datagram)
}

/// What a device received. Only the header has to be sound.
#[wasm_bindgen(js_name = parseCommand)]
pub fn parse_command(datagram: &[u8]) -> Result<JsValue, JsError> {
    let (header, _) = CommandHeader::parse(datagram).map_err(wrong)?;
    let (command, reason) = match gvcp::Command::parse(datagram) {
        Ok(command) => (Some(command.body.into()), None),
        Err(error) => (None, Some(error.to_string())),
    };
    object(&ReceivedCommand {
        request_id: header.request_id,
        acknowledge: header.acknowledge(),
        code: header.code.into(),
        command,
        reason,
    })
}

/// The datagram of an acknowledge.
#[wasm_bindgen(js_name = writeAck)]
pub fn write_ack(
    request_id: u16,
    status: u16,
    ack: JsValue,
    command_code: Option<u16>,
) -> Result<Vec<u8>, JsError> {
    let ack: Ack = value(ack)?;
    let body = ack.body(command_code).map_err(wrong)?;
    let mut datagram = Vec::new();
    gvcp::Ack { status: Status::from(status), request_id, body }.write(&mut datagram).map_err(wrong)?;
    Ok(datagram)
}

/// What a host received.
#[wasm_bindgen(js_name = parseAck)]
pub fn parse_ack(datagram: &[u8]) -> Result<JsValue, JsError> {
    // Of a refused command only the status counts, whatever else the device says.
    let (header, _) = AckHeader::parse(datagram).map_err(wrong)?;
    let ack = match header.status.is_error() {
        true => Ack::Refused,
        false => gvcp::Ack::parse(datagram).map_err(wrong)?.body.into(),
    };
    let AckHeader { status, code, request_id } = header;
    object(&ReceivedAck { request_id, status: status.into(), code: code.into(), ack })
}

/// The first registers of a device's memory.
#[wasm_bindgen(js_name = writeIdentity)]
pub fn write_identity(device: JsValue) -> Result<Vec<u8>, JsError> {
    let device: Identity = value(device)?;
    let mut registers = Vec::with_capacity(DiscoveryAck::BYTES);
    DiscoveryAck::try_from(&device).map_err(wrong)?.write(&mut registers);
    Ok(registers)
}

/// The standard's name of a status; undefined where it has none.
#[wasm_bindgen(js_name = statusName)]
pub fn status_name(status: u16) -> Option<String> {
    Status::from(status).name().map(|name| format!("GEV_STATUS_{name}"))
}
