#![no_main]

#[allow(dead_code)] // Each target runs one of its functions.
#[path = "../../tests/packets/property.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = property::url(bytes);
});
