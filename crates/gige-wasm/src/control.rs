//! Commands and acknowledges as objects, by serde; `gvcp.ts` has their types.

use crate::identity::{ip, mac, Identity};
use framewire_gige_vision::gvcp::{self, AckBody, Code, CommandBody, DiscoveryAck};
use framewire_gige_vision::BlockId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_wasm_bindgen::Serializer;
use std::fmt::Display;
use wasm_bindgen::prelude::*;

/// `Command` of TypeScript.
#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum Command {
    Discovery {
        #[serde(default)]
        broadcast_ack: Option<bool>,
    },
    ForceIp {
        mac: String,
        address: String,
        netmask: String,
        gateway: String,
    },
    ReadRegisters {
        addresses: Vec<u32>,
    },
    WriteRegisters {
        writes: Vec<RegisterWrite>,
    },
    ReadMemory {
        address: u32,
        count: u16,
    },
    WriteMemory {
        address: u32,
        data: ByteBuf,
    },
    Resend {
        channel: u16,
        block: u64,
        extended: bool,
        first: u32,
        last: u32,
    },
}

/// `RegisterWrite` of TypeScript.
#[derive(Deserialize, Serialize)]
pub(crate) struct RegisterWrite {
    address: u32,
    value: u32,
}

impl Command {
    /// Ready to be written.
    pub(crate) fn body(&self) -> Result<CommandBody<'_>, String> {
        Ok(match self {
            Self::Discovery { broadcast_ack } => {
                CommandBody::Discovery { broadcast_ack: broadcast_ack.unwrap_or(false) }
            }
            Self::ForceIp { mac: device, address, netmask, gateway } => {
                CommandBody::ForceIp(gvcp::ForceIp {
                    // The device does not have the host's subnet: it could not answer to the host alone.
                    broadcast_ack: true,
                    mac: mac(device)?,
                    ip: ip(address)?,
                    subnet_mask: ip(netmask)?,
                    gateway: ip(gateway)?,
                })
            }
            Self::ReadRegisters { addresses } => CommandBody::ReadRegisters(addresses.clone()),
            Self::WriteRegisters { writes } => {
                let write = |write: &RegisterWrite| gvcp::RegisterWrite {
                    address: write.address,
                    value: write.value,
                };
                CommandBody::WriteRegisters(writes.iter().map(write).collect())
            }
            &Self::ReadMemory { address, count } => CommandBody::ReadMemory { address, count },
            Self::WriteMemory { address, data } => CommandBody::WriteMemory { address: *address, data },
            &Self::Resend { channel, block, extended, first, last } => CommandBody::Resend(gvcp::Resend {
                stream_channel: channel,
                block: block_id(block, extended)?,
                first_packet: first,
                last_packet: last,
            }),
        })
    }
}

impl From<CommandBody<'_>> for Command {
    fn from(body: CommandBody<'_>) -> Self {
        match body {
            CommandBody::Discovery { broadcast_ack } => {
                Self::Discovery { broadcast_ack: Some(broadcast_ack) }
            }
            CommandBody::ForceIp(force) => Self::ForceIp {
                mac: force.mac.to_string(),
                address: force.ip.to_string(),
                netmask: force.subnet_mask.to_string(),
                gateway: force.gateway.to_string(),
            },
            CommandBody::ReadRegisters(addresses) => Self::ReadRegisters { addresses },
            CommandBody::WriteRegisters(writes) => {
                let write =
                    |write: gvcp::RegisterWrite| RegisterWrite { address: write.address, value: write.value };
                Self::WriteRegisters { writes: writes.into_iter().map(write).collect() }
            }
            CommandBody::ReadMemory { address, count } => Self::ReadMemory { address, count },
            CommandBody::WriteMemory { address, data } => {
                Self::WriteMemory { address, data: ByteBuf::from(data) }
            }
            CommandBody::Resend(resend) => Self::Resend {
                channel: resend.stream_channel,
                block: resend.block.value(),
                extended: resend.block.is_extended(),
                first: resend.first_packet,
                last: resend.last_packet,
            },
        }
    }
}

/// `Ack` of TypeScript.
#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum Ack {
    Discovery { device: Box<Identity> },
    ForceIp,
    ReadRegisters { values: Vec<u32> },
    WriteRegisters { index: u32 },
    ReadMemory { address: u32, data: ByteBuf },
    WriteMemory { index: u32 },
    Pending { time_to_completion_ms: u16 },
    Refused,
}

impl Ack {
    /// Ready to be written; where it refuses, as the answer to the command with this code.
    pub(crate) fn body(&self, command: Option<u16>) -> Result<AckBody<'_>, String> {
        Ok(match self {
            Self::Discovery { device } => AckBody::Discovery(Box::new(DiscoveryAck::try_from(&**device)?)),
            Self::ForceIp => AckBody::ForceIp,
            Self::ReadRegisters { values } => AckBody::ReadRegisters(values.clone()),
            &Self::WriteRegisters { index } => AckBody::WriteRegisters { index },
            Self::ReadMemory { address, data } => AckBody::ReadMemory { address: *address, data },
            &Self::WriteMemory { index } => AckBody::WriteMemory { index },
            &Self::Pending { time_to_completion_ms } => AckBody::Pending { time_to_completion_ms },
            Self::Refused => {
                let code = command.ok_or("what is refused has to be said: give the command's code")?;
                AckBody::Refused(Code::from(code).acknowledge())
            }
        })
    }
}

impl From<AckBody<'_>> for Ack {
    fn from(body: AckBody<'_>) -> Self {
        match body {
            AckBody::Discovery(device) => Self::Discovery { device: Box::new(Identity::from(&*device)) },
            AckBody::ForceIp => Self::ForceIp,
            AckBody::ReadRegisters(values) => Self::ReadRegisters { values },
            AckBody::WriteRegisters { index } => Self::WriteRegisters { index },
            AckBody::ReadMemory { address, data } => Self::ReadMemory { address, data: ByteBuf::from(data) },
            AckBody::WriteMemory { index } => Self::WriteMemory { index },
            AckBody::Pending { time_to_completion_ms } => Self::Pending { time_to_completion_ms },
            AckBody::Refused(_) => Self::Refused,
        }
    }
}

/// A block id as wide as the stream has them.
pub(crate) fn block_id(block: u64, extended: bool) -> Result<BlockId, String> {
    if extended {
        return Ok(BlockId::Bits64(block));
    }
    let short = u16::try_from(block).map_err(|_| format!("block id {block} needs more than 16 bits"))?;
    Ok(BlockId::Bits16(short))
}

/// The value that an object of TypeScript stands for.
pub(crate) fn value<T: DeserializeOwned>(object: JsValue) -> Result<T, JsError> {
    serde_wasm_bindgen::from_value(object)
        .map_err(|error| wrong(error.to_string().trim_start_matches("Error: ")))
}

/// An object for TypeScript: absent is undefined, 64 bits are a bigint, bytes an `Uint8Array`.
pub(crate) fn object(value: &impl Serialize) -> Result<JsValue, JsError> {
    value.serialize(&Serializer::new().serialize_large_number_types_as_bigints(true)).map_err(wrong)
}

/// What is thrown; TypeScript gives it its code.
pub(crate) fn wrong(reason: impl Display) -> JsError {
    JsError::new(&reason.to_string())
}
