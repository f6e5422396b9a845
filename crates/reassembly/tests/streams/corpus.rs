//! The corpus of the fuzz target: each file is a stream, named after what is wrong with it.

use crate::camera::{short, Image};
use crate::hostile::behaviours;
use crate::script;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/stream")
}

/// File name, what is counted for it, and the stream: what is wrong, in the midst of a sound block.
fn streams() -> BTreeMap<String, (&'static str, Vec<u8>)> {
    let sound = Image::new(short(100), 500).packets();
    let hostile = behaviours().into_iter().map(|behaviour| {
        let packets = [&sound[..3], &behaviour.packets, &sound[3..]].concat();
        (behaviour.what.replace([' ', '\''], "-"), (behaviour.counted, script::write(&packets, true)))
    });
    hostile.collect()
}

#[test]
fn every_file_is_a_stream_and_is_counted_as_its_name_says() {
    let streams = streams();
    if std::env::var_os("FRAMEWIRE_WRITE_CORPUS").is_some() {
        std::fs::create_dir_all(folder()).expect("a folder");
        for (name, (_, stream)) in &streams {
            std::fs::write(folder().join(name), stream).expect("written");
        }
    }
    let mut files = 0;
    for file in std::fs::read_dir(folder()).expect("the corpus") {
        let file = file.expect("a file");
        let name = file.file_name().into_string().expect("a name");
        let receiver = script::run(&std::fs::read(file.path()).expect("readable"));
        let (counted, _) = streams.get(&name).unwrap_or_else(|| panic!("what is {name} counted as?"));
        assert!(receiver.refused().iter().any(|(reason, _)| reason == counted), "{name}");
        files += 1;
    }
    assert_eq!(files, streams.len());
}

/// More cases where `npm run test:soak` asks for them.
fn cases() -> u32 {
    if std::env::var_os("FRAMEWIRE_SOAK").is_some() {
        50_000
    } else {
        500
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_stream(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        script::run(&bytes);
    }

    #[test]
    fn a_mutilated_stream_is_one(
        stream: prop::sample::Index,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let streams: Vec<_> = streams().into_values().collect();
        let mut bytes = stream.get(&streams).1.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        script::run(&bytes);
    }
}
