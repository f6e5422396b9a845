#!/bin/sh
# Fuzz for so many seconds, from the named corpus and what earlier runs found.
set -eu
cd "$(dirname "$0")"
mkdir -p target/corpus/stream
cargo +nightly fuzz run --fuzz-dir . stream target/corpus/stream corpus/stream -- -max_total_time="${1:?seconds}"
