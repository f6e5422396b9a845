//! Values of features: read, written, run.

use crate::answer::{Failure, Reason};
use crate::feature::max_bytes;
use serde::{Deserialize, Serialize};
use viva_genapi::{Node, NodeMap, RegisterIo, SkOutput};

/// `TypedValue` of TypeScript.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type", content = "value", rename_all = "kebab-case")]
pub enum Value {
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// The name of an entry.
    Enumeration(String),
    String(String),
    Register(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// Read a value. Commands and categories have none.
pub fn read(map: &NodeMap, name: &str, io: &dyn RegisterIo) -> Result<Value, Failure> {
    Ok(match known(map, name)? {
        Node::Integer(_) | Node::IntConverter(_) => Value::Integer(map.get_integer(name, io)?),
        Node::SwissKnife(formula) if formula.output == SkOutput::Integer => {
            Value::Integer(map.get_integer(name, io)?)
        }
        Node::Float(_) | Node::Converter(_) | Node::SwissKnife(_) => Value::Float(map.get_float(name, io)?),
        Node::Enum(_) => Value::Enumeration(map.get_enum(name, io)?),
        Node::Boolean(_) => Value::Boolean(map.get_bool(name, io)?),
        Node::String(_) => Value::String(map.get_string(name, io)?),
        Node::Register(_) => Value::Register(map.get_register(name, io)?),
        _ => return Err(Failure::new(Reason::Access, format!("{name} has no value"))),
    })
}

/// Write a value of the feature's own type.
pub fn write(map: &mut NodeMap, name: &str, value: &Value, io: &dyn RegisterIo) -> Result<(), Failure> {
    known(map, name)?;
    match value {
        Value::Integer(value) => map.set_integer(name, *value, io)?,
        Value::Float(value) => map.set_float(name, *value, io)?,
        Value::Boolean(value) => map.set_bool(name, *value, io)?,
        Value::Enumeration(entry) => map.set_enum(name, entry, io)?,
        Value::String(text) => {
            // The node map would cut it.
            match max_bytes(map, name, io) {
                Some(bytes) if text.len() > bytes as usize => {
                    let message = format!("{name} holds at most {bytes} bytes of UTF-8, not {}", text.len());
                    return Err(Failure::new(Reason::Value, message));
                }
                _ => map.set_string(name, text, io)?,
            }
        }
        Value::Register(bytes) => map.set_register(name, bytes, io)?,
    }
    Ok(())
}

fn known<'a>(map: &'a NodeMap, name: &str) -> Result<&'a Node, Failure> {
    map.node(name).ok_or_else(|| Failure::new(Reason::Description, format!("there is no node {name}")))
}
