// Texts that become files beside the server's binaries. Fixed: nothing of a manifest is ever written into them.

/** Role and database of the app. The role is no superuser, and owns the database. */
export const USER = 'app'
export const DATABASE = 'app'
/** Role that sees everything in that database and writes nothing. */
export const READER = 'app_readonly'
/** Superuser: has no password, and comes in through the socket folder alone, which only the server's own uid may enter. */
export const SUPERUSER = 'landfall'

/**
 * Takes PORT and POSTGRES_FOLDER (the volume) from its environment; arguments go to the server. The folder holds `data`, the
 * cluster, and `socket`. It knows no secret.
 */
const START_PROGRAM = `#!/bin/sh
# Written by Landfall. Makes the data folder at the first start, then becomes the server.
set -eu
umask 077
home=$(cd "$(dirname "$0")/.." && pwd -P)
: "\${PORT:?}" "\${POSTGRES_FOLDER:?}"
cd "$POSTGRES_FOLDER"
say() { printf 'landfall: %s\\n' "$1" >&2; }
to_disk() { sync -f "$1" 2>/dev/null || sync; }

if [ ! -e data ]; then
  for entry in * .[!.]*; do
    case $entry in
      '*' | '.[!.]*' | data.new | socket | lost+found) ;;
      *)
        say "$PWD holds $entry but no folder data: it is not started empty over somebody's files"
        exit 1
        ;;
    esac
  done
  # Whole or not at all: a copy that was cut short is thrown away and made again.
  rm -rf data.new
  cp -R "$home/template" data.new
  chmod -R u+rwX data.new
  to_disk data.new
  mv data.new data
  to_disk .
fi

wanted=$(cat "$home/template/PG_VERSION")
found=$(cat data/PG_VERSION || echo unknown)
if [ "$found" != "$wanted" ]; then
  say "the data in $PWD/data is that of PostgreSQL $found, and this server is $wanted: it is left as it is"
  exit 1
fi

if [ -r data/postmaster.pid ] && [ -d /proc/self ]; then
  pid=$(head -n 1 data/postmaster.pid)
  program=$(readlink "/proc/$pid/exe" 2>/dev/null || echo gone)
  case $program in
    */postgres | */postgres\\ *) ;;
    gone)
      # Processes of a server that was killed end a moment after it, and hold its memory until then; the server refuses that.
      memory=$(sed -n '7s/.* //p' data/postmaster.pid)
      tries=50
      while [ "$tries" -gt 0 ] && awk -v id="$memory" '$2 == id && $7 > 0 { held = 1 } END { exit !held }' /proc/sysvipc/shm; do
        sleep 0.1
        tries=$((tries - 1))
      done
      ;;
    # After a crash of the machine the pid may be another program's by now; the server would take it for its own.
    *) rm -f data/postmaster.pid ;;
  esac
fi
[ -e data/postmaster.pid ] || rm -rf socket
mkdir -p socket

exec "$home/bin/postgres" -D "$PWD/data" -c "config_file=$home/etc/postgresql.conf" -c "hba_file=$home/etc/pg_hba.conf" \\
  -c "ident_file=$home/etc/pg_ident.conf" -c "port=$PORT" "$@"
`

const POSTGRESQL_CONF = `# Written by Landfall; belongs to the binaries, not to the data. \`ALTER SYSTEM\` wins over it.
listen_addresses = '127.0.0.1'
# From the data folder. A path of its own could be too long for a socket.
unix_socket_directories = '../socket'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
ssl = off

min_wal_size = '32MB'
dynamic_shared_memory_type = 'posix'

log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] %q%u@%d '
log_checkpoints = off
log_timezone = 'UTC'

timezone = 'UTC'
datestyle = 'iso, mdy'
lc_messages = 'C'
lc_monetary = 'C'
lc_numeric = 'C'
lc_time = 'C'
default_text_search_config = 'pg_catalog.english'
`

const PG_HBA_CONF = `# Written by Landfall. The socket lies in a folder that only the server's own uid may enter.
local all         ${SUPERUSER}              trust
local replication ${SUPERUSER}              trust
host  all         ${SUPERUSER} all          reject
local all         all                   scram-sha-256
host  all         all      127.0.0.1/32 scram-sha-256
`

export const FILES: Record<string, { text: string; mode: number }> = {
  'bin/landfall-postgres': { text: START_PROGRAM, mode: 0o755 },
  'etc/postgresql.conf': { text: POSTGRESQL_CONF, mode: 0o644 },
  'etc/pg_hba.conf': { text: PG_HBA_CONF, mode: 0o644 },
  'etc/pg_ident.conf': { text: '# Written by Landfall: no names are mapped.\n', mode: 0o644 },
}

/** Run once over the template, one statement a line. The role gets its password at the first login. */
export const TEMPLATE_SQL = `create role ${USER} login;
create database ${DATABASE} owner ${USER} strategy file_copy;
revoke all on database ${DATABASE} from public;
revoke all on database postgres from public;
revoke all on database template1 from public;
`
