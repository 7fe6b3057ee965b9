/**
 * Starts a server program of ours. Takes PORT, SERVER_FOLDER (its volume) and SERVER_SECRET from its environment; the secret
 * goes to the program's stdin, so that it is in no argument and in no environment of a process that lives on.
 */
export const START_PROGRAM = `#!/bin/sh
# Written by Landfall. Starts program.mjs with the Node that Landfall ran on when this was installed.
set -eu
umask 077
here=$(cd "$(dirname "$0")/.." && pwd -P)
: "\${PORT:?}" "\${SERVER_FOLDER:?}" "\${SERVER_SECRET:?}"
say() { printf 'landfall: %s\\n' "$1" >&2; }

read -r node <"$here/node"
case $node in /*) ;; *) node=$here/$node ;; esac
if [ ! -x "$node" ]; then
  gone=$node
  node=
  # One that an app's build brought, else one of the machine.
  for each in "\${LANDFALL_HOME:-/nowhere}"/runtimes/node-*/bin/node /usr/local/bin/node /usr/bin/node "$(command -v node || true)"; do
    [ -x "$each" ] || continue
    if "$each" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 19) ? 0 : 1)'; then
      node=$each
    fi
  done
  if [ -z "$node" ]; then
    say "$gone is gone, and no other Node from 22.19 on was found: put one into /usr/local/bin"
    exit 1
  fi
fi

cd "$SERVER_FOLDER"
if command -v flock >/dev/null 2>&1; then
  # Held by the program for as long as it lives: two of them would write over each other.
  exec 8>lock
  if ! flock -w 5 8; then
    say "another server works on $PWD"
    exit 1
  fi
fi
secret=$SERVER_SECRET
unset SERVER_SECRET NODE_OPTIONS
exec "$node" --disable-warning=ExperimentalWarning "$here/program.mjs" <<END
$secret
END
`
