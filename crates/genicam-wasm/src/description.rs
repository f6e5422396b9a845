//! A camera's description: XML to a node map, within bounds.

use crate::bounds::drop_endless;
use serde::Serialize;
use viva_genapi::NodeMap;
use viva_genapi_xml::{parse, NodeDecl};

/// `CameraDescription` of TypeScript: what the document says about itself.
#[derive(Serialize)]
pub struct Described<'a> {
    pub vendor: &'a str,
    pub model: &'a str,
    /// Version of the document.
    pub version: &'a str,
    /// Of GenICam's schema.
    pub schema: &'a str,
    pub skipped: Vec<Skipped<'a>>,
}

/// A node that is not understood.
#[derive(Serialize)]
pub struct Skipped<'a> {
    pub name: Option<&'a str>,
    pub kind: &'a str,
    pub reason: &'a str,
}

/// Make a node map of a document. `Err` says in words why it is none.
pub fn node_map(xml: &str) -> Result<(NodeMap, Vec<NodeDecl>), String> {
    if !xml.contains("<RegisterDescription") {
        return Err("it is no GenICam description: there is no RegisterDescription".into());
    }
    if !xml.contains("</RegisterDescription>") {
        return Err("it ends before its last line, </RegisterDescription>: it was cut short".into());
    }
    let mut model = parse(xml).map_err(|error| error.to_string())?;
    drop_endless(&mut model);
    if model.nodes.is_empty() {
        return Err("it describes no feature".into());
    }
    let declared = model.nodes.clone();
    let map = NodeMap::try_from_xml(model).map_err(|error| error.to_string())?;
    Ok((map, declared))
}

/// What the document says about itself.
pub fn described(map: &NodeMap) -> Described<'_> {
    let identity = map.identity();
    let skipped = map.skipped().iter();
    Described {
        vendor: &identity.vendor_name,
        model: &identity.model_name,
        version: &identity.version,
        schema: map.version(),
        skipped: skipped
            .map(|node| Skipped { name: node.name.as_deref(), kind: &node.tag, reason: &node.error })
            .collect(),
    }
}
