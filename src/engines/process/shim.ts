/**
 * The shells between Landfall and an instance. Each is a fixed text; whatever varies comes as an argument or a variable.
 *
 * SHIM outlives us. It waits for the word to go, which comes when its pid is on record: had we died in between, its stdin
 * would end and it would start nothing. It runs the command in the foreground, so that signals to the group reach the command
 * once, while it only notes them, and leaves the exit code in a file. Its own messages ("Killed") go nowhere.
 */
export const SHIM = `trap : HUP INT QUIT USR1 USR2 TERM ALRM PIPE
read -r LANDFALL_GO || { echo never >"$1"; exit 0; }
LANDFALL_EXIT=$1; shift
exec 9>&2 2>/dev/null
( exec "$@" </dev/null 2>&9 9>&- )
echo $? >"$LANDFALL_EXIT"`

/** Runs with our own rights: enters the cgroups, binds the volumes in its mount namespace, goes on as the next program. */
const STAGE = `while :; do case $1 in
cgroup) echo 0 >"$2" || exit 126; shift 2;;
mount) mount --bind -- "$2" "$3" || exit 126; shift 3;;
*) shift; break;;
esac; done
exec "$@"`

/**
 * Runs with the instance's rights. The instance's environment travels under LANDFALL_E_<name> and gets its own names only
 * here: programs that run with our rights (shell, mount, setpriv) must not heed LD_PRELOAD and its like.
 */
const INNER = `umask 022
unset PWD OLDPWD SHLVL
for LANDFALL_N in $LANDFALL_E; do
eval "export $LANDFALL_N=\\"\\$LANDFALL_E_$LANDFALL_N\\""; unset "LANDFALL_E_$LANDFALL_N"
done
unset LANDFALL_E LANDFALL_N
exec "$@"`

interface Chain {
  argv: string[]
  env: Record<string, string>
  /** `cgroup.procs` files to enter. */
  cgroups: string[]
  binds: { from: string; to: string }[]
  uid?: number
  setpriv?: string
  unshare?: string
}

/** The argument array that leads from our rights to the instance's command, and the environment to start it with. */
export function chain(c: Chain): { file: string; args: string[]; env: Record<string, string> } {
  const stage = [...c.cgroups.flatMap((p) => ['cgroup', p]), ...c.binds.flatMap((b) => ['mount', b.from, b.to])]
  const drop = c.uid === undefined ? [] : ['--reuid', String(c.uid), '--regid', String(c.uid), '--clear-groups']
  const [file = '/bin/sh', ...args] = [
    ...(c.binds.length > 0 ? [c.unshare ?? 'unshare', '--mount', '--propagation', 'slave', '--'] : []),
    ...(stage.length > 0 ? ['/bin/sh', '-c', STAGE, 'sh', ...stage, '--'] : []),
    ...(c.setpriv ? [c.setpriv, ...drop, '--no-new-privs', '--'] : []),
    ...['/bin/sh', '-c', INNER, 'sh', ...c.argv],
  ]
  const marks = Object.fromEntries(Object.entries(c.env).filter(([name]) => isMark(name)))
  const carried = Object.fromEntries(Object.entries(c.env).map(([name, value]) => [`LANDFALL_E_${name}`, value]))
  return { file, args, env: { PATH: PLAIN_PATH, ...marks, ...carried, LANDFALL_E: Object.keys(c.env).join(' ') } }
}

export const PLAIN_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'

/** By these a process is known as ours, wherever it went. */
function isMark(name: string): boolean {
  return name === 'LANDFALL_HOME' || name === 'LANDFALL_INSTANCE' || name === 'LANDFALL_BUILD'
}
