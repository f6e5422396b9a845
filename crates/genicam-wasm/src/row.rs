//! Nodes that change each other in a row.

use crate::feature::value_chain;
use std::collections::HashSet;
use viva_genapi::NodeMap;

/// Most nodes that forget their values one because of the other. The node map goes from one to the next by recursion,
/// and a WebAssembly module that runs out of stack is lost.
const MAX_ROW: usize = 1000;

/// Whether a change of `name` reaches all that depends on it within the stack.
pub fn is_short(map: &NodeMap, name: &str) -> bool {
    value_chain(map, name).into_iter().all(|link| is_short_from(map, link))
}

/// In the order in which the node map itself goes.
fn is_short_from(map: &NodeMap, start: &str) -> bool {
    let mut reached = HashSet::new();
    let mut way = vec![map.dependents(start).iter()];
    while let Some(dependents) = way.last_mut() {
        match dependents.next() {
            Some(name) if reached.insert(name.as_str()) => way.push(map.dependents(name).iter()),
            Some(_) => {}
            None => drop(way.pop()),
        }
        if way.len() > MAX_ROW {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selectors_in_a_row(n: usize) -> NodeMap {
        let nodes: String = (0..n)
            .map(|k| {
                format!(r#"<Integer Name="A{k}"><pSelected>A{}</pSelected><Value>1</Value></Integer>"#, k + 1)
            })
            .collect();
        let xml = format!("<RegisterDescription>{nodes}</RegisterDescription>");
        NodeMap::try_from_xml(viva_genapi_xml::parse(&xml).expect("sound XML")).expect("a node map")
    }

    #[test]
    fn a_row_is_as_long_as_what_it_reaches() {
        let map = selectors_in_a_row(MAX_ROW + 100);
        assert!(!is_short(&map, "A0"));
        assert!(is_short(&map, "A200"));
    }
}
