#!/usr/bin/env bash
# Brings the jars of Apache Kafka (pom.xml) into the folder $LEAT_BROKER_JARS, by default build/broker of this tree, and
# formats one empty storage folder there, which every broker starts from. Does nothing when that is already done.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jars=${LEAT_BROKER_JARS:-$(dirname "$(dirname "$here")")/build/broker}

fail() {
  echo "fetch.sh: $*" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || fail "'$1' is missing: install it with 'apt-get install $2' (test.sh and run.sh do)"
}

# What the folder was made from; a change of either file makes it anew.
wanted() { cat "$here/pom.xml" "$here/format.properties" | sha256sum | cut -d' ' -f1; }

copy_jars() {
  echo "fetch.sh: taking Apache Kafka from Maven Central into $jars (about 40 MB, once)" >&2
  local attempt
  for attempt in 1 2 3; do
    if mvn --quiet --batch-mode -Dstyle.color=never --strict-checksums --file "$here/pom.xml" dependency:copy-dependencies \
      -DincludeScope=runtime "-DoutputDirectory=$1" >&2; then
      return
    fi
    echo "fetch.sh: attempt $attempt failed" >&2
  done
  fail "Maven could not bring the jars: is Maven Central (or a mirror in ~/.m2/settings.xml) reachable?"
}

# The cluster id is any 16 bytes in base64; brokers of tests never meet.
format() {
  sed "s|@DATA@|$2|" "$here/format.properties" >"$1/format.properties"
  java -XX:TieredStopAtLevel=1 "-Dlog4j.configuration=file:$here/log4j.properties" -cp "$1/*" kafka.tools.StorageTool \
    format --cluster-id leat-test-brokerAAAAAA --config "$1/format.properties" >"$1/format.log" 2>&1 ||
    fail "the storage folder could not be formatted: $(tail -n 5 "$1/format.log")"
}

stamp=$(wanted)
[[ -f $jars/stamp && $(<"$jars/stamp") == "$stamp" ]] && exit 0
need java openjdk-17-jre-headless
need mvn maven
mkdir -p "$(dirname "$jars")"
exec 9>"$jars.lock"
flock 9
[[ -f $jars/stamp && $(<"$jars/stamp") == "$stamp" ]] && exit 0

fresh=$jars.new
rm -rf "$fresh"
mkdir -p "$fresh"
copy_jars "$fresh"
format "$fresh" "$fresh/template"
echo "$stamp" >"$fresh/stamp"
rm -rf "$jars"
mv "$fresh" "$jars"
