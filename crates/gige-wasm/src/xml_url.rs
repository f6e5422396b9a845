//! Where a device's XML is, as an object.

use crate::control::{object, wrong};
use framewire_gige_vision::bootstrap::XmlUrl;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// `DescriptionUrl` of TypeScript.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Url<'a> {
    Local { name: &'a str, address: u32, bytes: u32 },
    File { path: &'a str },
    Http { url: &'a str },
}

/// Read a URL register; undefined where it is empty.
#[wasm_bindgen(js_name = parseDescriptionUrl)]
pub fn parse(register: &[u8]) -> Result<JsValue, JsError> {
    let url = XmlUrl::parse(register).map_err(wrong)?.map(|url| match url {
        XmlUrl::Local { name, address, length } => Url::Local { name, address, bytes: length },
        XmlUrl::File { path } => Url::File { path },
        XmlUrl::Http { url } => Url::Http { url },
    });
    object(&url)
}
