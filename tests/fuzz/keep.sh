#!/bin/sh
# Minimises what was found into the corpus: the smallest inputs that reach the same code, few enough to be kept.
set -eu
cd "$(dirname "$0")"
most=${MOST_FILES:-300}
for found in found/*/; do
    target=$(basename "$found")
    rm -rf "found/.small"
    mkdir -p found/.small "corpus/$target"
    # Counters would keep an input for every number of rounds of a loop.
    nice -n 19 "target/x86_64-unknown-linux-gnu/release/$target" -merge=1 -use_counters=0 -use_value_profile=0 -max_len=1024 \
        found/.small "corpus/$target" "seeds/$target" "$found" 2>/dev/null
    rm -rf "corpus/$target"
    mkdir -p "corpus/$target"
    ls -Sr found/.small | head -n "$most" | while read -r name; do mv "found/.small/$name" "corpus/$target/$name"; done
    printf '%s: %s files, %s\n' "$target" "$(ls "corpus/$target" | wc -l)" "$(du -sh "corpus/$target" | cut -f1)"
done
rm -rf found/.small
