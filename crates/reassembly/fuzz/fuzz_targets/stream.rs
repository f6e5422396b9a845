#![no_main]

#[allow(dead_code)] // The tests use the rest of them.
#[path = "../../tests/streams/camera.rs"]
mod camera;
#[allow(dead_code)]
#[path = "../../tests/streams/script.rs"]
mod script;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    script::run(bytes);
});
