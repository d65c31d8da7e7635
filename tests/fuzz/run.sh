#!/bin/sh
# Fuzzes one target for a while and keeps what was new: run.sh TARGET [SECONDS].
set -eu
cd "$(dirname "$0")"
target=$1
seconds=${2:-300}
mkdir -p "found/$target" "artifacts/$target" "corpus/$target"
words="dictionaries/$target.dict"
[ -f "$words" ] && set -- "-dict=$words" || set --
exec nice -n 19 "target/x86_64-unknown-linux-gnu/release/$target" "found/$target" "corpus/$target" "seeds/$target" \
    "$@" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="artifacts/$target/"
