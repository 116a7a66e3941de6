#!/usr/bin/env bash
# The image's health check: 0 when the daemon answers /livez at the address it wrote into listen.json. Needs no other program.
set -euo pipefail

listen=${LEAT__STATE_DIR:-/var/lib/leat}/listen.json
[[ $(<"$listen") =~ \"([0-9.]+):([0-9]+)\" ]] || exit 1
host=${BASH_REMATCH[1]}
port=${BASH_REMATCH[2]}
exec 3<>"/dev/tcp/$host/$port"
printf 'GET /livez HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n' "$host" "$port" >&3
read -r -t 2 _ status _ <&3
[[ $status == 200 ]]
