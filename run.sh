#!/usr/bin/env bash
# Installs what is missing, builds leat, and starts it with a demo pipeline. Ctrl-C stops all of it. `./run.sh --help` for more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly start_seconds_max=60
state=$PWD/build/run-state
kafka_folder=$PWD/build/run-kafka
log=$PWD/build/run.log
binary=$PWD/build/release/leat

usage() {
  cat <<'TEXT'
usage: ./run.sh [--kafka] [--listen ADDR] [--fresh] [-- FLAG...]
  --kafka        with a real Apache Kafka (needs Java and Maven) instead of the embedded broker
  --listen ADDR  default 127.0.0.1:8780; when that is taken, any free port
  --fresh        forget the pipelines and records of earlier runs
  -- FLAG...     further flags of `leat serve`
TEXT
}

fail() {
  echo "run.sh: $*" >&2
  exit 1
}

kafka='' listen='' fresh='' flags=()
while (($#)); do
  case $1 in
    --kafka) kafka=yes && shift ;;
    --listen) listen=${2:?--listen needs host:port} && shift 2 ;;
    --fresh) fresh=yes && shift ;;
    -h | --help) usage && exit 0 ;;
    --) shift && flags=("$@") && break ;;
    *) usage >&2 && exit 2 ;;
  esac
done

build() {
  docker/install.sh build
  if [[ -n $kafka ]]; then docker/install.sh kafka; fi
  cmake --preset release >build/configure.log || fail "the build could not be configured, see build/configure.log"
  cmake --build --preset release --target leat
}

# The broker ends when our end of its stdin closes, so nothing is left behind however this script ends.
start_kafka() {
  echo "starting Apache Kafka"
  coproc broker { exec tests/broker/kafka.sh run --dir "$kafka_folder"; }
  local line
  read -r line <&"${broker[0]}" || fail "Apache Kafka did not start"
  bootstrap=${line#bootstrap=}
  bootstrap=${bootstrap%% *}
}

# serve ADDRESS: sets `pid` and, once it is ready, `url`; 1 when the daemon ended instead.
serve() {
  # A session of its own: the terminal's Ctrl-C reaches this script only, which asks the daemon once.
  exec 4< <(exec setsid setpriv --pdeathsig TERM "$binary" serve --listen "$1" --state-dir "$state" --brokers "$bootstrap" \
    --log-format text "${settings[@]}" "${flags[@]}" --apply config/demo/*.json 2>"$log")
  pid=$!
  local line=''
  if ! read -r -t "$start_seconds_max" line <&4; then
    kill -TERM "$pid" 2>/dev/null || true
    return 1
  fi
  url=$(grep -oE 'https?://[^ ]+' <<<"$line" | head -n 1)
  [[ -n $url ]]
}

start_leat() {
  local status=0
  if serve "${listen:-127.0.0.1:8780}"; then return; fi
  wait "$pid" || status=$?
  # 75: the address is taken.
  if [[ $status == 75 && -z $listen ]]; then
    echo "127.0.0.1:8780 is taken, using a free port"
    if serve 127.0.0.1:0; then return; fi
    wait "$pid" || status=$?
  fi
  tail -n 20 "$log" >&2
  echo "run.sh: leat ended with $status before it was ready; its log is $log" >&2
  exit "$((status == 0 ? 1 : status))"
}

# shellcheck disable=SC2317  # called by a trap
stop() {
  trap '' INT TERM
  echo
  echo "stopping: cut, commit, leave"
  kill -TERM "$pid" 2>/dev/null || true
}

tell() {
  cat <<TEXT

leat runs at       $url
its token is in    $state/admin.token
its log is         $log
its broker         $bootstrap${kafka:+ (tests/broker/kafka.sh topics $bootstrap --list)}

In another terminal, once:
  export PATH="${binary%/*}:\$PATH" LEAT_URL=$url LEAT_TOKEN_FILE=$state/admin.token

See its records:           leat tap demo priced
Switch its trigger:        leat trigger demo micro_batch --interval 2s
Post a pipeline of yours:  leat apply -f config/examples/first.json

Ctrl-C stops it.
TEXT
}

mkdir -p build
build
if [[ -n $fresh ]]; then rm -rf "$state" "$kafka_folder"; fi
bootstrap=embedded
settings=(--set kafka.create_topics=all)
if [[ -n $kafka ]]; then start_kafka; fi
trap 'exit 130' INT TERM
start_leat
trap stop INT TERM
tell
status=0
wait "$pid" || status=$?
# A trapped signal ends `wait` early, while the daemon still commits.
while kill -0 "$pid" 2>/dev/null; do
  status=0
  wait "$pid" || status=$?
done
if [[ -n $kafka ]]; then tests/broker/kafka.sh stop "$kafka_folder"; fi
exit "$status"
