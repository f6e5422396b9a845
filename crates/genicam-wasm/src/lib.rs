//! The face that the GenICam node map shows to JavaScript.
//!
//! Every evaluation answers with its result, with a register that has to be fetched and handed in before it is asked
//! again, or with why it cannot be.

mod answer;
mod bounds;
mod description;
mod feature;
mod overlap;
mod registers;
mod row;
mod value;

use answer::{answer, object, Failure, Reason};
use overlap::Overlaps;
use registers::Registers;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use viva_genapi::{ManualClock, NodeMap};
use wasm_bindgen::prelude::*;

/// A camera's node map.
#[wasm_bindgen]
pub struct Nodes {
    map: NodeMap,
    registers: Registers,
    overlaps: Overlaps,
    clock: Arc<ManualClock>,
}

#[derive(Serialize)]
struct Write {
    address: u64,
    #[serde(with = "serde_bytes")]
    data: Vec<u8>,
}

#[wasm_bindgen]
impl Nodes {
    /// The node map of a document; throws the reason, a string, where it is none.
    #[wasm_bindgen(constructor)]
    pub fn new(xml: &str) -> Result<Nodes, JsValue> {
        let (mut map, declared) = description::node_map(xml).map_err(JsValue::from)?;
        let clock = Arc::new(ManualClock::new());
        map.set_clock(clock.clone());
        let overlaps = Overlaps::new(&declared, &map);
        Ok(Self { map, registers: Registers::default(), overlaps, clock })
    }

    /// What the document says about itself.
    pub fn described(&self) -> Result<JsValue, JsValue> {
        object(&description::described(&self.map))
    }

    /// What the document says of every node, in its order.
    pub fn features(&self) -> Result<JsValue, JsValue> {
        object(&feature::descriptions(&self.map))
    }

    /// Begin an operation: registers handed in before count no more. `now_ms` never goes back.
    pub fn begin(&mut self, now_ms: f64) {
        self.registers.begin();
        self.clock.set(Duration::try_from_secs_f64(now_ms / 1000.0).unwrap_or_default());
    }

    /// Hand in a register; no data where the camera refused.
    pub fn learn(&self, address: u64, bytes: u32, data: Option<Vec<u8>>) {
        self.registers.learn(address, bytes, data);
    }

    /// Read a value.
    pub fn read(&self, name: &str) -> Result<JsValue, JsValue> {
        self.registers.rerun();
        answer(&self.registers, value::read(&self.map, name, &self.registers))
    }

    /// Whether a feature can be read and written now.
    pub fn access(&self, name: &str) -> Result<JsValue, JsValue> {
        self.registers.rerun();
        answer(&self.registers, Ok(feature::access(&self.map, name, &self.registers)))
    }

    /// What a feature allows now.
    pub fn state(&self, name: &str) -> Result<JsValue, JsValue> {
        self.registers.rerun();
        answer(&self.registers, Ok(feature::state(&self.map, name, &self.registers)))
    }

    /// Evaluate what to write for a value; {@link writes} has it.
    pub fn write(&mut self, name: &str, value: JsValue) -> Result<JsValue, JsValue> {
        let value: value::Value = serde_wasm_bindgen::from_value(value)?;
        self.registers.rerun();
        let changed = changeable(&self.map, name);
        let outcome = changed.and_then(|()| value::write(&mut self.map, name, &value, &self.registers));
        answer(&self.registers, outcome)
    }

    /// Evaluate what to write for a command; {@link writes} has it.
    pub fn execute(&mut self, name: &str) -> Result<JsValue, JsValue> {
        self.registers.rerun();
        let changed = changeable(&self.map, name);
        answer(&self.registers, changed.and_then(|()| Ok(self.map.exec_command(name, &self.registers)?)))
    }

    /// Whether a command is done.
    #[wasm_bindgen(js_name = isDone)]
    pub fn is_done(&self, name: &str) -> Result<JsValue, JsValue> {
        self.registers.rerun();
        let changed = changeable(&self.map, name);
        answer(&self.registers, changed.and_then(|()| Ok(self.map.is_done(name, &self.registers)?)))
    }

    /// What the last evaluation writes, in order.
    pub fn writes(&self) -> Result<JsValue, JsValue> {
        let writes = self.registers.writes().into_iter();
        object(&writes.map(|(address, data)| Write { address, data }).collect::<Vec<_>>())
    }

    /// The camera was written to: forget what is cached of these bytes.
    pub fn written(&self, address: u64, bytes: u32) {
        self.overlaps.forget(&self.map, address, bytes.into());
    }

    /// Forget the cached value of a feature and of what depends on it, or of all.
    pub fn forget(&self, name: Option<String>) {
        match name {
            Some(name) if row::is_short(&self.map, &name) => self.map.invalidate(&name),
            _ => self.map.invalidate_all(),
        }
    }

    /// Whether what a feature was set to can be read back.
    #[wasm_bindgen(js_name = isWriteOnly)]
    pub fn is_write_only(&self, name: &str) -> bool {
        self.map.is_write_only(name)
    }
}

fn changeable(map: &NodeMap, name: &str) -> Result<(), Failure> {
    if row::is_short(map, name) {
        return Ok(());
    }
    Err(Failure::new(Reason::Description, format!("too many nodes depend on {name} in a row")))
}
