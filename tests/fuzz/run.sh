#!/usr/bin/env bash
# Builds the fuzzers with Clang and runs each: all kept cases, then SECONDS of new inputs.
#
#   tests/fuzz/run.sh [BUILD_DIR] [SECONDS]      build/fuzz and 15 where not given
#
# What one finds is left in BUILD_DIR/found/TARGET-*; after it is mended, keep it in cases/TARGET/.
# What is known of libhdf5 itself: known/README.md.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$source/build/fuzz}
seconds=${2:-15}
mkdir -p "$build/found"
if ! cmake -G Ninja -S "$source" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
      -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang -DLIMOE_SCOPE_FUZZ=ON \
      -DLIMOE_SCOPE_MODEL=OFF -DLIMOE_SCOPE_GUI=OFF -DLIMOE_SCOPE_TESTS=OFF >"$build/build.log" 2>&1 ||
   ! cmake --build "$build" >>"$build/build.log" 2>&1; then
  cat "$build/build.log" >&2
  exit 1
fi

# libhdf5 itself loses memory where it refuses a file; our own is checked by its destructors.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=16
export UBSAN_OPTIONS=print_stacktrace=1
failed=0
for target in config safetensors recording; do
  cases=$source/tests/fuzz/cases/$target
  corpus=$build/corpus/$target  # grows from run to run
  mkdir -p "$corpus"
  limits=(-timeout=30 -malloc_limit_mb=512 -rss_limit_mb=2048)
  dictionary=()
  [ "$target" = recording ] || dictionary=(-dict="$source/tests/fuzz/json.dict")
  "$build/${target}_fuzz" "${limits[@]}" -max_len=4096 -max_total_time="$seconds" "${dictionary[@]}" \
    -artifact_prefix="$build/found/$target-" -print_final_stats=1 "$corpus" "$cases" \
    >"$build/$target.log" 2>&1 && status=0 || status=$?
  if [ "$status" != 0 ]; then
    tail -n 60 "$build/$target.log" >&2
    failed=1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")
  echo "$target: $(find "$cases" -type f | wc -l) cases, ${runs:-?} inputs, $([ "$status" = 0 ] && echo "nothing found" || echo "FAILED")"
done
exit "$failed"
