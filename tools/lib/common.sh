# common.sh - sourced by tools/* and .ci/run: packages, builds, tests, and the table of what took how long.
# shellcheck shell=bash
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
exec </dev/null  # nothing here asks anything
export DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1
results=$root/build/results

# One job per processor, and 1.5 GiB of free memory for each.
workers() {
  local processors by_memory
  processors=$(nproc)
  by_memory=$(awk '/^MemAvailable/ {print int($2 / 1572864)}' /proc/meminfo)
  [ "$by_memory" -ge 1 ] || by_memory=1
  echo $((processors < by_memory ? processors : by_memory))
}

# missing_packages KIND...: which packages of these kinds (tools/lib/packages) are not installed.
missing_packages() {
  local kind package
  while read -r kind package; do
    [[ " $* " == *" $kind "* ]] || continue
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done <tools/lib/packages
}

# ensure_packages KIND...: installs what is missing; without the right to, says how and exits 2.
ensure_packages() {
  local missing become=
  if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: taking the packages of tools/lib/packages as given"
    return 0
  fi
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    become="sudo -n"
    if ! sudo -n true 2>/dev/null; then
      echo "These packages are missing, and installing them needs root. Run this, then try again:" >&2
      echo "  sudo apt-get update && sudo apt-get install --yes --no-install-recommends $missing" >&2
      exit 2
    fi
  fi
  echo "installing: $missing"
  mkdir -p build
  # shellcheck disable=SC2086  # words are meant to split
  if ! { $become apt-get update && $become apt-get install --yes --no-install-recommends $missing; } \
    >build/apt.log 2>&1; then
    tail -20 build/apt.log >&2
    echo "apt-get could not install: $missing (all of its output: build/apt.log)" >&2
    exit 2
  fi
}

# build PRESET [TARGET...]: configures and builds; the output of a clean build is a line.
build() {
  local preset=$1 log=build/$1.log
  shift
  mkdir -p build
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log"
    return 1
  fi
  if ! cmake --build "build/$preset" -j "$(workers)" ${1:+--target "$@"} >>"$log" 2>&1; then
    grep -n -m 40 -A12 -E 'error|warning|FAILED' "$log" || tail -60 "$log"
    echo "(all of it: $log)"
    return 1
  fi
  tail -1 "$log"
}

# run_tests NAME PRESET CTEST_ARGUMENT...: the result file is build/results/NAME.xml. Twice as many tests as processors:
# most of them wait for each other's threads rather than compute.
run_tests() {
  local name=$1 preset=$2
  shift 2
  mkdir -p "$results"
  rm -f "$results/$name.xml"
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --output-junit "$results/$name.xml" \
    -j $((2 * $(workers))) "$@" >"build/$preset/$name.log" 2>&1 || {
    # Only what failed: the passing lines of a thousand tests help nobody.
    grep -v -E '^ *[0-9]+/[0-9]+ Test +#.* Passed |^ +Start +[0-9]+:' "build/$preset/$name.log" | tail -400
    if grep -q -E 'status="(fail|notrun)"' "$results/$name.xml" 2>/dev/null; then touch "$results/.counted"; fi
    return 1
  }
  grep -E 'tests passed' "build/$preset/$name.log"
}

steps=() failed_steps=0

# step NAME COMMAND...: runs one step, remembers how long it took; a failure is remembered and the next step runs. A failure
# that is no failed test of a result file (a build, say) is written to build/results/failed_steps.
step() {
  local name=$1 began=$SECONDS status=0 word=ok
  shift
  echo "== $name"
  mkdir -p "$results"
  rm -f "$results/.counted"
  # A subshell of its own, not a condition: -e must stay in force inside the step.
  set +e
  (set -e; "$@")
  status=$?
  set -e
  if [ $status != 0 ]; then
    word=FAILED
    failed_steps=$((failed_steps + 1))
    [ -e "$results/.counted" ] || echo "$name" >>"$results/failed_steps"
  fi
  steps+=("$(printf '%5d s  %-6s %s' $((SECONDS - began)) $word "$name")")
  return 0
}

# print_steps: the table of all steps so far.
print_steps() {
  echo
  printf '%s\n' "${steps[@]}"
  printf '%5d s  total\n' "$SECONDS"
}
