//! Registers that lie over each other.

use crate::registers::Unreadable;
use crate::row::is_short;
use viva_genapi::NodeMap;
use viva_genapi_xml::{Addressing, NodeDecl};

/// Where the nodes with a register of their own lie. A description need not say that two of them share bytes, as the
/// fields of one register do; what one writes the other must not go on taking from its cache, or write back.
pub struct Overlaps {
    /// Address of the first byte and of the first one after, of nodes that stay there.
    fixed: Vec<(u64, u64, String)>,
    /// Nodes whose address is computed.
    moving: Vec<String>,
}

impl Overlaps {
    pub fn new(declared: &[NodeDecl], map: &NodeMap) -> Self {
        let mut overlaps = Self { fixed: Vec::new(), moving: Vec::new() };
        for node in declared {
            let Some(addressing) = addressing(node) else { continue };
            let name = node.name().to_string();
            if !addressing.referenced_nodes().is_empty() {
                overlaps.moving.push(name);
            } else if let Ok((address, bytes)) = map.register_address(&name, &Unreadable) {
                overlaps.fixed.push((address, address.saturating_add(bytes.into()), name));
            }
        }
        overlaps
    }

    /// Forget what the node map has cached of these bytes.
    pub fn forget(&self, map: &NodeMap, address: u64, bytes: u64) {
        let end = address.saturating_add(bytes);
        let shares = |from: u64, to: u64| from < end && address < to;
        let fixed = self.fixed.iter().filter(|(from, to, _)| shares(*from, *to)).map(|(_, _, name)| name);
        // One whose address is not known without asking the camera may lie anywhere.
        let moving = self.moving.iter().filter(|name| {
            map.register_address(name, &Unreadable)
                .map_or(true, |(from, bytes)| shares(from, from.saturating_add(bytes.into())))
        });
        for name in fixed.chain(moving) {
            // What was written to a write-only register is known from the cache alone.
            if map.is_write_only(name) {
                continue;
            }
            if !is_short(map, name) {
                return map.invalidate_all();
            }
            map.invalidate(name);
        }
    }
}

fn addressing(node: &NodeDecl) -> Option<&Addressing> {
    match node {
        NodeDecl::Integer { addressing, .. }
        | NodeDecl::Float { addressing, .. }
        | NodeDecl::Enum { addressing, .. }
        | NodeDecl::Boolean { addressing, .. } => addressing.as_ref(),
        NodeDecl::String(node) => node.addressing.as_ref(),
        NodeDecl::Register(node) => Some(&node.addressing),
        _ => None,
    }
}
