#!/bin/sh
# Fuzz every target for so many seconds, from the named corpora and what earlier runs found.
set -eu
cd "$(dirname "$0")"
for target in command ack stream url; do
  mkdir -p "target/corpus/$target"
  cargo +nightly fuzz run --fuzz-dir . "$target" "target/corpus/$target" "corpus/$target" -- -max_total_time="${1:?seconds}"
done
