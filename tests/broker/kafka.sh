#!/usr/bin/env bash
# One real Apache Kafka broker (KRaft, one node) for tests and measurements; README.md says how to use it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jars=${LEAT_BROKER_JARS:-$(dirname "$(dirname "$here")")/build/broker}
readonly start_seconds_max=60 stop_seconds_max=20 start_attempts_max=5
# Short runs on few cores are faster without the optimising compiler; a benchmark sets LEAT_BROKER_JAVA_OPTS= (empty).
java_options=${LEAT_BROKER_JAVA_OPTS--XX:TieredStopAtLevel=1}
heap=${LEAT_BROKER_HEAP:-512m}

usage() {
  cat >&2 <<'TEXT'
usage: kafka.sh start [--dir DIR] [--port N] [--set key=value]...   start in the background, print one line, return
       kafka.sh run   [--dir DIR] [--port N] [--set key=value]... [--temporary]
                                                          the same, stay; ends the broker when stdin closes
       kafka.sh stop DIR        end it in order; DIR can be started again
       kafka.sh kill DIR        end it as a crash would (SIGKILL)
       kafka.sh remove DIR      kill, and delete DIR
       kafka.sh topics BOOTSTRAP ARGUMENT...        Kafka's kafka-topics
       kafka.sh groups BOOTSTRAP ARGUMENT...        Kafka's kafka-consumer-groups
       kafka.sh tool CLASS ARGUMENT...              any other class of Kafka's tools
TEXT
  exit 2
}

fail() {
  echo "kafka.sh: $*" >&2
  exit 1
}

need_java() {
  command -v java >/dev/null || fail "'java' is missing: install it with 'apt-get install openjdk-17-jre-headless'"
}

# A port nobody listens on, below the range the kernel gives to outgoing connections, so that a restart finds it free.
free_port() {
  local port hex
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    printf -v hex '%04X' "$port"
    if [[ $port != "${1:-}" ]] && ! grep -qsE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:[0-9A-F]+ 0A" /proc/net/tcp /proc/net/tcp6; then
      echo "$port"
      return
    fi
  done
}

write_settings() {
  local dir=$1 port=$2 controller_port=$3
  cat >"$dir/server.properties" <<TEXT
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$controller_port
log.dirs=$dir/data
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.segment.bytes=67108864
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.io.buffer.size=65536
num.network.threads=2
num.io.threads=4
background.threads=2
TEXT
  # Later lines win in a properties file, so the caller's settings come last.
  if ((${#settings[@]})); then printf '%s\n' "${settings[@]}" >>"$dir/server.properties"; fi
}

keep_old_log() {
  local n=1
  [[ -s $dir/broker.log ]] || return 0
  while [[ -e $dir/broker.$n.log ]]; do n=$((n + 1)); done
  mv "$dir/broker.log" "$dir/broker.$n.log"
}

# The process of DIR if it lives; a recorded number that now belongs to another program does not count.
live_pid() {
  local recorded
  [[ -f $1/pid ]] || return 1
  recorded=$(<"$1/pid")
  grep -qsF "$1/server.properties" "/proc/$recorded/cmdline" || return 1
  echo "$recorded"
}

# Starts the process and returns once it answers; 1 = it ended (see broker.log).
launch() {
  keep_old_log
  # The heap dump and the crash file of a JVM belong beside the log, not in the caller's folder.
  # shellcheck disable=SC2086  # the options are a list of words
  (cd "$dir" && exec setsid java "-Xmx$heap" -Xms128m -XX:+UseSerialGC $java_options \
    "-Dlog4j.configuration=file:$here/log4j.properties" -cp "$jars/*" kafka.Kafka "$dir/server.properties" \
    </dev/null >"$dir/broker.log" 2>&1 3<&-) &
  pid=$!
  echo "$pid" >"$dir/pid"
  local tick
  for ((tick = 0; tick < start_seconds_max * 20; tick++)); do
    if grep -qs 'Kafka Server started' "$dir/broker.log"; then return 0; fi
    if ! kill -0 "$pid" 2>/dev/null; then return 1; fi
    sleep 0.05
  done
  kill -KILL "$pid" 2>/dev/null || true
  return 1
}

start_broker() {
  local attempt controller_port
  for ((attempt = 1; attempt <= start_attempts_max; attempt++)); do
    if [[ -f $dir/ports ]]; then
      read -r port controller_port <"$dir/ports"
    else
      port=${wanted_port:-$(free_port)}
      controller_port=$(free_port "$port")
    fi
    write_settings "$dir" "$port" "$controller_port"
    if launch; then
      echo "$port $controller_port" >"$dir/ports"
      return
    fi
    # Somebody else took a port between the choice and the bind; ports that were asked for stay as they are.
    if [[ -f $dir/ports || -n $wanted_port ]] || ! grep -qs 'Address already in use' "$dir/broker.log"; then break; fi
  done
  grep -m 5 -E '^[0-9:.]+ (ERROR|FATAL) |^[a-z.]+[A-Za-z]*Exception|^(Caused by|Error)' "$dir/broker.log" >&2 || tail -n 15 "$dir/broker.log" >&2
  fail "the broker did not start; its log is $dir/broker.log"
}

options() {
  dir='' wanted_port='' temporary='' settings=()
  while (($#)); do
    case $1 in
      --dir) dir=${2:?--dir needs a folder} && shift 2 ;;
      --port) wanted_port=${2:?--port needs a number} && shift 2 ;;
      --set) settings+=("${2:?--set needs key=value}") && shift 2 ;;
      --temporary) temporary=yes && shift ;;
      *) usage ;;
    esac
  done
  if [[ -z $dir ]]; then dir=$(mktemp -d "${TMPDIR:-/tmp}/leat-broker.XXXXXX"); fi
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  if live_pid "$dir" >/dev/null; then fail "a broker already runs in $dir"; fi
  rm -f "$dir/abandoned"
  need_java
  "$here/fetch.sh"
  if [[ ! -d $dir/data ]]; then cp -r "$jars/template" "$dir/data"; fi
}

announce() { echo "bootstrap=127.0.0.1:$port pid=$pid dir=$dir"; }

wait_until_gone() {
  local tick
  for ((tick = 0; tick < stop_seconds_max * 20; tick++)); do
    if ! kill -0 "$1" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  kill -KILL "$1" 2>/dev/null || true
}

# end DIR SIGNAL
end() {
  local running
  if running=$(live_pid "$1"); then
    kill "-$2" "$running" 2>/dev/null || true
    wait_until_gone "$running"
  fi
  rm -f "$1/pid"
}

# The watcher is a process of its own: it ends the broker even when this script is killed together with its caller.
run_broker() {
  # A terminal's Ctrl-C goes to the whole group; the caller decides what it means for the broker.
  trap '' INT
  exec 3<&0
  start_broker
  trap 'kill -TERM "$pid" 2>/dev/null || true' TERM
  (
    trap '' TERM
    while read -r _ <&3; do :; done
    touch "$dir/abandoned"
    end "$dir" KILL
    if [[ -n $temporary ]]; then rm -rf "$dir"; fi
  ) >/dev/null 2>&1 &
  local watcher=$!
  announce
  exec >/dev/null 2>&1
  while kill -0 "$pid" 2>/dev/null; do wait "$pid" || true; done
  # Ended by its caller, who may start it again on the same folder: the watcher must not remove that.
  if [[ ! -e $dir/abandoned ]]; then kill -KILL "$watcher" || true; fi
  wait "$watcher" || true
  exit 0
}

java_tool() {
  need_java
  "$here/fetch.sh"
  exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-Dlog4j.configuration=file:$here/tools.properties" -cp "$jars/*" "$@"
}

(($#)) || usage
command=$1
shift
case $command in
  start)
    options "$@"
    start_broker
    announce
    ;;
  run)
    options "$@"
    run_broker
    ;;
  stop | kill | remove)
    [[ $# == 1 && -d $1 ]] || usage
    folder=$(cd "$1" && pwd)
    if [[ $command == stop ]]; then end "$folder" TERM; else end "$folder" KILL; fi
    if [[ $command == remove ]]; then rm -rf "$folder"; fi
    ;;
  topics) java_tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$@" ;;
  groups) java_tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server "$@" ;;
  tool) java_tool "$@" ;;
  *) usage ;;
esac
