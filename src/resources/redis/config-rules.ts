import { show } from '../../lib/show.ts'

export const MAX_CONFIG_BYTES = 64 * 1024

/** What a file of the app cannot say: it is decided by Landfall, or would lead out of the one data folder. */
const REFUSED: [RegExp, string][] = [
  [/^(port|bind|bind-source-addr|unixsocket|unixsocketperm|protected-mode|tls-.*)$/, 'Landfall decides where the server listens'],
  [/^(dir|dbfilename|appendfilename|appenddirname|appendonly)$/, 'the option `persistence` decides what is kept, and where'],
  [/^(requirepass|user|aclfile|acllog-max-len|masteruser|masterauth|rename-command)$/, 'Landfall decides who comes in'],
  [/^(daemonize|pidfile|supervised|logfile|syslog-.*|crash-log-enabled)$/, 'Landfall starts the server and keeps its log'],
  [/^(replicaof|slaveof|cluster-.*|sentinel.*)$/, 'there is one server, without replicas'],
  [/^(include|loadmodule|enable-.*)$/, 'the server runs nothing but itself'],
]

/** What is wrong with the text of a configuration file, with line numbers. */
export function configProblems(text: string, hasMaxMemory: boolean): string[] {
  if (text.includes('\0')) return ['it holds a NUL byte']
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) return [`it is longer than ${MAX_CONFIG_BYTES / 1024} KiB`]
  return text.split('\n').flatMap((line, i) => {
    const why = problemOf(line.trim(), hasMaxMemory)
    return why ? [`line ${i + 1}: ${why}`] : []
  })
}

function problemOf(line: string, hasMaxMemory: boolean): string | undefined {
  if (line === '' || line.startsWith('#')) return undefined
  const directive = line.split(/\s/)[0]!.toLowerCase()
  if (!/^[a-z][a-z0-9-]*$/.test(directive)) return `${show(directive)} is no directive`
  if (directive === 'maxmemory' && hasMaxMemory) return '`maxmemory` is given by the option `maxMemory`'
  const because = REFUSED.find(([pattern]) => pattern.test(directive))?.[1]
  return because && `\`${directive}\` cannot be set: ${because}`
}
