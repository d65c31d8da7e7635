#!/bin/sh
# Minimises what was found into the corpus: few inputs that reach the same code.
# keep.sh [TARGET…]: these, or all that were run.
set -eu
cd "$(dirname "$0")"
most=${MOST_FILES:-200}
[ $# -gt 0 ] || set -- $(ls found)
for target in "$@"; do
    found=found/$target
    rm -rf "found/.small"
    mkdir -p found/.small "corpus/$target"
    # Counters would keep an input for every number of rounds of a loop.
    nice -n 10 "target/x86_64-unknown-linux-gnu/release/$target" -set_cover_merge=1 -use_counters=0 -use_value_profile=0 \
        -max_len=1024 found/.small "seeds/$target" "corpus/$target" "$found" 2>/dev/null
    rm -rf "corpus/$target"
    mkdir -p "corpus/$target"
    # The larger ones reach further.
    ls -S found/.small | head -n "$most" | while read -r name; do mv "found/.small/$name" "corpus/$target/$name"; done
    printf '%s: %s files, %s\n' "$target" "$(ls "corpus/$target" | wc -l)" "$(du -sh "corpus/$target" | cut -f1)"
done
rm -rf found/.small
