// Texts that become files of the artifact. Fixed: nothing of a manifest is ever written into them.

/**
 * Takes from its environment PORT, REDIS_PASSWORD, and where they are wanted REDIS_FOLDER (the volume), REDIS_MAXMEMORY and
 * REDIS_CONFIG (text of the app's own file). The configuration is written anew at every start, into the instance's own
 * temporary folder; of the password it holds a hash.
 */
const START_PROGRAM = `#!/bin/sh
# Written by Landfall. Writes the configuration of this start, then becomes the machine's Redis or Valkey.
set -eu
umask 077
here=$(cd "$(dirname "$0")/.." && pwd -P)
: "\${PORT:?}" "\${TMPDIR:?}" "\${REDIS_PASSWORD:?}"
say() { printf 'landfall: %s\\n' "$1" >&2; }

# The server that was found when this was installed; another one of this machine when it is gone.
{ read -r server; read -r flavour version; } <"$here/server"
if [ ! -x "$server" ]; then
  gone=$server
  server=
  PATH=$PATH:/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin:/opt/homebrew/bin:/opt/local/bin
  for name in "$flavour-server" redis-server valkey-server; do
    [ -n "$server" ] || server=$(command -v "$name" || true)
  done
  if [ -z "$server" ]; then
    say "$gone is gone, and there is no other redis-server or valkey-server on this machine: apt-get install redis-server"
    exit 1
  fi
fi
about="$("$server" --version) $(readlink -f "$server")"
version=$(printf '%s\\n' "$about" | sed -n 's/.* v=\\([0-9]*\\.[0-9]*\\).*/\\1/p')
case $about in *[Vv]alkey*) flavour=valkey ;; *) flavour=redis ;; esac
# Whether version $1 is newer than $2; of both, the first two numbers count.
is_newer() { awk -v a="$1" -v b="$2" 'BEGIN { split(a, x, "."); split(b, y, "."); exit !(x[1] > y[1] || x[1] == y[1] && x[2] > y[2]) }'; }

if [ -n "\${REDIS_FOLDER:-}" ]; then
  cd "$REDIS_FOLDER"
  if command -v flock >/dev/null 2>&1; then
    # Held by the server for as long as it lives: two of them would write over each other.
    exec 8>lock
    if ! flock -w 5 8; then
      say "another server works on $PWD"
      exit 1
    fi
  fi
  if [ ! -e version ]; then
    for entry in * .[!.]*; do
      case $entry in
        '*' | '.[!.]*' | lock | version.new | lost+found) ;;
        *)
          say "$PWD holds $entry but no file version: it is not started empty over somebody's files"
          exit 1
          ;;
      esac
    done
  else
    read -r wrote written <version
    refuse=
    if [ "$wrote" = "$flavour" ]; then
      ! is_newer "$written" "$version" || refuse=yes
    else
      # Valkey began as Redis 7.2; from then on they went apart.
      { [ "$flavour" = valkey ] && ! is_newer "$written" 7.2; } || refuse=yes
    fi
    if [ -n "$refuse" ]; then
      say "the data in $PWD is that of $wrote $written, and this server is $flavour $version: it is left as it is"
      exit 1
    fi
  fi
  if [ "\${wrote:-} \${written:-}" != "$flavour $version" ]; then
    printf '%s %s\\n' "$flavour" "$version" >version.new
    mv version.new version
  fi
  mkdir -p data
  cd data
  if [ -e dump.rdb ] && [ ! -e appendonlydir ] && [ ! -e appendonly.aof ]; then
    say "$PWD holds dump.rdb and nothing else: the server would not read it, and start empty"
    exit 1
  fi
else
  cd "$TMPDIR"
fi

if command -v sha256sum >/dev/null 2>&1; then sha256=sha256sum; else sha256='shasum -a 256'; fi
hash=$(printf '%s' "$REDIS_PASSWORD" | $sha256 | cut -c 1-64)
# The app may do all but make the server load code, follow another one, or end.
rights='~* +@all -module -replicaof -slaveof -shutdown -debug'
more=
if ! is_newer 6.2 "$version"; then
  rights="&* $rights"
  # A title would be written over the environment, by which a process is known as an instance.
  more='set-proc-title no'
fi
# Newer ones by themselves refuse settings that would let it write files elsewhere.
if is_newer 7.0 "$version"; then rights="$rights -config +config|get"; fi

config=$TMPDIR/redis.conf
{
  # No snapshots beside the log, unless the app's file asks for them.
  printf '%s\\n' 'save ""'
  [ -z "\${REDIS_CONFIG:-}" ] || printf '%s\\n' "$REDIS_CONFIG"
  printf '%s\\n' "port $PORT" 'bind 127.0.0.1' 'protected-mode yes' 'dir .' 'daemonize no' 'supervised no' 'logfile ""' \\
    'dbfilename dump.rdb' "$more" "user default on #$hash $rights"
  [ -z "\${REDIS_MAXMEMORY:-}" ] || printf '%s\\n' "maxmemory $REDIS_MAXMEMORY"
  if [ -n "\${REDIS_FOLDER:-}" ]; then
    printf '%s\\n' 'appendonly yes' 'appendfilename appendonly.aof'
  else
    printf '%s\\n' 'appendonly no' 'save ""'
  fi
} >"$config"
unset REDIS_PASSWORD REDIS_CONFIG
exec "$server" "$config"
`

export const FILES: Record<string, { text: string; mode: number }> = {
  'bin/landfall-redis': { text: START_PROGRAM, mode: 0o755 },
}
