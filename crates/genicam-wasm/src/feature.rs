//! What a feature is, and what it allows now.

use crate::registers::Unreadable;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use viva_genapi::{AccessMode, GenApiError, IntegerNode, Node, NodeMap, RegisterIo, SkOutput, Visibility};

/// `FeatureDescription` of TypeScript: what the document alone says of a node.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description<'a> {
    name: &'a str,
    r#type: &'static str,
    display_name: &'a str,
    description: &'a str,
    tooltip: &'a str,
    unit: Option<&'a str>,
    visibility: &'static str,
    selectors: Vec<&'a str>,
    /// Of a category: the names of what it holds.
    features: Option<&'a [String]>,
}

/// `FeatureState` of TypeScript: what a feature allows now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State<'a> {
    access: Access,
    min: Option<Number>,
    max: Option<Number>,
    inc: Option<Number>,
    entries: Option<Vec<Entry<'a>>>,
    max_bytes: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Access {
    #[serde(rename = "NI")]
    NotImplemented,
    #[serde(rename = "NA")]
    NotAvailable,
    #[serde(rename = "RO")]
    ReadOnly,
    #[serde(rename = "WO")]
    WriteOnly,
    #[serde(rename = "RW")]
    ReadWrite,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Number {
    Integer(i64),
    Float(f64),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    name: &'a str,
    display_name: &'a str,
    available: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Limit {
    Min,
    Max,
    Inc,
}

/// What the document says of every node, in its order.
pub fn descriptions(map: &NodeMap) -> Vec<Description<'_>> {
    let nodes = || map.node_names().filter_map(|name| map.node(name));
    let mut selectors: HashMap<&str, Vec<&str>> = HashMap::new();
    for selector in nodes() {
        for selected in selector.selected() {
            selectors.entry(selected).or_default().push(selector.name());
        }
    }
    nodes().map(|node| description(node, selectors.remove(node.name()).unwrap_or_default())).collect()
}

fn description<'a>(node: &'a Node, selectors: Vec<&'a str>) -> Description<'a> {
    Description {
        name: node.name(),
        r#type: type_of(node),
        display_name: node.display_name().unwrap_or(node.name()),
        description: node.description().unwrap_or_default(),
        tooltip: node.tooltip().unwrap_or_default(),
        unit: node.unit(),
        visibility: match node.visibility() {
            Visibility::Beginner => "beginner",
            Visibility::Expert => "expert",
            Visibility::Guru => "guru",
            _ => "invisible",
        },
        selectors,
        features: match node {
            Node::Category(category) => Some(&category.children),
            _ => None,
        },
    }
}

fn type_of(node: &Node) -> &'static str {
    match node {
        Node::Integer(_) | Node::IntConverter(_) => "integer",
        Node::Float(_) | Node::Converter(_) => "float",
        Node::SwissKnife(formula) if formula.output == SkOutput::Integer => "integer",
        Node::SwissKnife(_) => "float",
        Node::Enum(_) => "enumeration",
        Node::Boolean(_) => "boolean",
        Node::Command(_) => "command",
        Node::Category(_) => "category",
        Node::String(_) => "string",
        _ => "register",
    }
}

/// What the feature allows now: its own restrictions and those of all nodes it takes its value from.
pub fn access(map: &NodeMap, name: &str, io: &dyn RegisterIo) -> Access {
    let chain = value_chain(map, name);
    let mut locked = false;
    for link in &chain {
        // A condition that the camera refuses to tell does not hold.
        if !map.is_implemented(link, io).unwrap_or(false) {
            return Access::NotImplemented;
        }
        if !map.is_available(link, io).unwrap_or(false) || lies_in_chunk_or_event(map, link) {
            return Access::NotAvailable;
        }
        let has_lock = map.node(link).is_some_and(|node| node.predicates().p_is_locked.is_some());
        locked |=
            has_lock && !matches!(map.effective_access_mode(link, io), Ok(AccessMode::RW | AccessMode::WO));
    }
    match map.node(name) {
        Some(Node::Category(_)) => return Access::ReadOnly,
        _ if map.declared_access_mode(name).is_none() => return Access::NotAvailable,
        _ => {}
    }
    match map.effective_access_mode(name, io) {
        Ok(AccessMode::RW) if !locked => Access::ReadWrite,
        Ok(AccessMode::WO) if !locked => Access::WriteOnly,
        Ok(AccessMode::WO) => Access::NotAvailable,
        _ => Access::ReadOnly,
    }
}

pub fn state<'a>(map: &'a NodeMap, name: &str, io: &dyn RegisterIo) -> State<'a> {
    let access = access(map, name, io);
    let usable = !matches!(access, Access::NotImplemented | Access::NotAvailable);
    let limit = |which| if usable { limit(map, name, which, io) } else { None };
    State {
        access,
        min: limit(Limit::Min),
        max: limit(Limit::Max),
        inc: limit(Limit::Inc),
        entries: entries(map, name, usable, io),
        max_bytes: if usable { max_bytes(map, name, io) } else { None },
    }
}

/// The longest value of a string or register, in bytes; `None` where nothing limits it.
pub fn max_bytes(map: &NodeMap, name: &str, io: &dyn RegisterIo) -> Option<u32> {
    let last = value_chain(map, name).into_iter().last()?;
    match map.node(last)? {
        Node::String(_) | Node::Register(_) => map.register_address(last, io).ok().map(|(_, bytes)| bytes),
        _ => None,
    }
}

/// `name`, the node it takes its value from, and so on.
pub fn value_chain<'a>(map: &'a NodeMap, name: &str) -> Vec<&'a str> {
    let mut chain = Vec::new();
    let mut seen = HashSet::new();
    let mut next = map.node(name);
    while let Some(node) = next.filter(|node| seen.insert(node.name())) {
        chain.push(node.name());
        next = value_source(node).and_then(|source| map.node(source));
    }
    chain
}

fn value_source(node: &Node) -> Option<&str> {
    match node {
        Node::Integer(node) => node.pvalue.as_deref(),
        Node::Float(node) => node.pvalue.as_deref(),
        Node::Enum(node) => node.pvalue.as_deref(),
        Node::Boolean(node) => node.pvalue.as_deref(),
        Node::Command(node) => node.pvalue.as_deref(),
        Node::Converter(node) => Some(&node.p_value),
        Node::IntConverter(node) => Some(&node.p_value),
        Node::String(node) => node.pvalue(),
        _ => None,
    }
}

/// Such data comes with frames and messages, and is never in the camera's registers.
fn lies_in_chunk_or_event(map: &NodeMap, name: &str) -> bool {
    matches!(map.register_address(name, &Unreadable), Err(GenApiError::NotDeviceMemory { .. }))
}

fn entries<'a>(map: &'a NodeMap, name: &str, usable: bool, io: &dyn RegisterIo) -> Option<Vec<Entry<'a>>> {
    let Some(Node::Enum(node)) = map.node(name) else { return None };
    let available: HashSet<String> = match map.available_enum_entries(name, io) {
        Ok(names) if usable => names.into_iter().collect(),
        _ => HashSet::new(),
    };
    let entries = node.entries.iter().map(|entry| Entry {
        name: &entry.name,
        display_name: entry.display_name.as_deref().unwrap_or(&entry.name),
        available: available.contains(&entry.name),
    });
    Some(entries.collect())
}

/// A limit in force now, the nearest on the way to the register; of an integer at last what its register can hold.
fn limit(map: &NodeMap, name: &str, which: Limit, io: &dyn RegisterIo) -> Option<Number> {
    for link in value_chain(map, name) {
        let (pointer, declared) = match map.node(link)? {
            Node::Integer(node) => match which {
                Limit::Min => (&node.p_min, node.min.map(Number::Integer)),
                Limit::Max => (&node.p_max, node.max.map(Number::Integer)),
                Limit::Inc => (&node.p_inc, node.inc.map(Number::Integer)),
            },
            Node::Float(node) => match which {
                Limit::Min => (&node.p_min, node.min.map(Number::Float)),
                Limit::Max => (&node.p_max, node.max.map(Number::Float)),
                Limit::Inc => return None,
            },
            Node::Converter(_) | Node::IntConverter(_) => return converted_limit(map, link, which, io),
            _ => return None,
        };
        if let Some(pointer) = pointer {
            return number(map, pointer, io);
        }
        if declared.is_some() {
            return declared;
        }
    }
    match map.node(value_chain(map, name).last()?)? {
        Node::Integer(node) => held_by_register(node, which).map(Number::Integer),
        _ => None,
    }
}

/// What a converter makes of its source's limits.
fn converted_limit(map: &NodeMap, name: &str, which: Limit, io: &dyn RegisterIo) -> Option<Number> {
    let range = map.feature_state(name, io).ok()?.range?;
    let limit = match which {
        Limit::Min => range.min,
        Limit::Max => range.max,
        Limit::Inc => return None,
    };
    Some(match map.node(name)? {
        Node::IntConverter(_) => Number::Integer(limit as i64),
        _ => Number::Float(limit),
    })
}

fn number(map: &NodeMap, name: &str, io: &dyn RegisterIo) -> Option<Number> {
    match type_of(map.node(name)?) {
        "float" => map.get_float(name, io).ok().map(Number::Float),
        _ => map.get_integer(name, io).ok().map(Number::Integer),
    }
}

fn held_by_register(node: &IntegerNode, which: Limit) -> Option<i64> {
    let bits = node.bitfield.map_or(node.len.saturating_mul(8), |field| field.bit_length.into());
    if bits == 0 || node.value.is_some() {
        return None;
    }
    let bits = bits.min(64);
    let signed = node.sign.is_signed();
    // GenICam's integers have 64 bits with their sign.
    let max = i64::MAX >> (63 - (bits - u32::from(signed)).min(63));
    match which {
        Limit::Min if signed => Some(-max - 1),
        Limit::Min => Some(0),
        Limit::Max => Some(max),
        Limit::Inc => None,
    }
}
