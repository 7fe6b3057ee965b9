import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { listProcesses, type ProcessRow } from './processes.ts'

interface Listener {
  host: string
  port: number
  inode: string
}

/** TCP sockets that listen, as the network namespace of `pid` sees them. */
export function listListeners(pid: number | 'self' = 'self'): Listener[] {
  return ['tcp', 'tcp6'].flatMap((file) => {
    try {
      return parse(readFileSync(`/proc/${pid}/net/${file}`, 'latin1'))
    } catch {
      return [] // No IPv6, or the process ended.
    }
  })
}

function parse(text: string): Listener[] {
  const LISTEN = '0A'
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN)
    .map((fields) => {
      const [host = '', port = ''] = (fields[1] ?? '').split(':')
      return { host: hostOf(host), port: Number.parseInt(port, 16), inode: fields[9] ?? '' }
    })
}

/** The kernel prints addresses as 32-bit words in the machine's order. */
function hostOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((b) => Number.parseInt(b, 16)),
  )
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every((b) => b === 0)) return '::'
  if (bytes.slice(0, 15).every((b) => b === 0) && bytes[15] === 1) return '::1'
  if (bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255) return bytes.slice(12).join('.')
  const groups = bytes.flatMap((b, i) => (i % 2 === 0 ? [((b << 8) | (bytes[i + 1] ?? 0)).toString(16)] : []))
  return groups.join(':')
}

/** Who listens on a port of this machine. Undefined where nobody does; without a row where we may not look. */
export function holderOf(port: number): { listener: Listener; row?: ProcessRow } | undefined {
  const listener = listListeners().find((l) => l.port === port)
  if (!listener) return undefined
  const row = listProcesses(false).find((r) => socketsOf(r.pid).has(listener.inode))
  return row ? { listener, row } : { listener }
}

/** What these processes listen on, in whichever network namespace they are. */
export function listenersOf(rows: ProcessRow[]): (Listener & { isElsewhere: boolean })[] {
  const here = namespaceOf('self')
  return rows.flatMap((r) => {
    const sockets = socketsOf(r.pid)
    const isElsewhere = namespaceOf(r.pid) !== here
    return listListeners(r.pid)
      .filter((l) => sockets.has(l.inode))
      .map((l) => ({ ...l, isElsewhere }))
  })
}

function socketsOf(pid: number): Set<string> {
  const found = new Set<string>()
  let names: string[]
  try {
    names = readdirSync(`/proc/${pid}/fd`)
  } catch {
    return found // Somebody else's, or gone.
  }
  for (const name of names) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1]
      if (inode) found.add(inode)
    } catch {
      // Closed while we looked.
    }
  }
  return found
}

function namespaceOf(pid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return ''
  }
}
