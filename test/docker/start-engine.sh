#!/bin/sh
# Starts a Docker engine where none answers, without systemd: /var/lib/landfall-docker, log and pid in the folder named. Needs root
# and Debian's docker.io. `start-engine.sh <folder>`; ends 0 once it answers.
set -eu
folder=${1:?folder for log and pid}
docker version >/dev/null 2>&1 && exit 0
mkdir -p "$folder"
# Containers want a cgroup hierarchy; some machines come up without one.
if ! mountpoint -q /sys/fs/cgroup && [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then mount -t tmpfs cgroup /sys/fs/cgroup; fi
for driver in overlay2 vfs; do
  setsid dockerd --storage-driver="$driver" --data-root="${LANDFALL_DOCKER_ROOT:-/var/lib/landfall-docker}" \
    --pidfile="$folder/dockerd.pid" >"$folder/dockerd.log" 2>&1 </dev/null &
  pid=$!
  i=0
  while [ $i -lt 150 ] && kill -0 "$pid" 2>/dev/null; do
    docker version >/dev/null 2>&1 && exit 0
    i=$((i + 1))
    sleep 0.2
  done
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
done
tail -20 "$folder/dockerd.log" >&2
exit 1
