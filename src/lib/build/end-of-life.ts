import { minVersion, satisfies, validRange } from 'semver'

/**
 * Last days with security fixes, as known in November 2026.
 * Node: https://github.com/nodejs/release#release-schedule · Python: https://devguide.python.org/versions/
 */
const LAST_DAY = {
  node: {
    '14': '2023-04-30',
    '16': '2023-09-11',
    '17': '2022-06-01',
    '18': '2025-04-30',
    '19': '2023-06-01',
    '20': '2026-04-30',
    '21': '2024-06-01',
    '22': '2027-04-30',
    '23': '2025-06-01',
    '24': '2028-04-30',
    '25': '2026-06-01',
    '26': '2029-04-30',
  },
  python: {
    '3.6': '2021-12-23',
    '3.7': '2023-06-27',
    '3.8': '2024-10-07',
    '3.9': '2025-10-31',
    '3.10': '2026-10-31',
    '3.11': '2027-10-31',
    '3.12': '2028-10-31',
    '3.13': '2029-10-31',
    '3.14': '2030-10-31',
    '3.15': '2031-10-31',
  },
} as const
/** What `lts/jod` and its like mean in .nvmrc. */
export const NODE_CODENAMES: Record<string, string> = {
  fermium: '14',
  gallium: '16',
  hydrogen: '18',
  iron: '20',
  jod: '22',
  krypton: '24',
}
/** Where nobody says which: the long-term release that this program itself is developed on. */
export const DEFAULT_NODE = '24'

export interface EndOfLife {
  /** `Node 20`. */
  what: string
  since: string
}

/**
 * The end of life that a range is stuck with: all lines of the table that it allows are past it. Undefined where a line that still
 * has fixes would do, or the table knows none that fits.
 */
export function endOfLife(runtime: 'node' | 'python', range: string, today: Date): EndOfLife | undefined {
  if (!validRange(range)) return undefined
  const day = today.toISOString().slice(0, 10)
  const allowed = Object.entries(LAST_DAY[runtime]).filter(([line]) => isLineAllowed(line, range))
  if (allowed.some(([, lastDay]) => lastDay >= day)) return undefined
  const newest = allowed.sort((a, b) => compareLines(a[0], b[0])).at(-1)
  if (newest) return { what: `${runtime === 'node' ? 'Node' : 'Python'} ${newest[0]}`, since: newest[1] }
  const least = minVersion(range)
  // Older than the table: it ended long ago.
  if (least && runtime === 'node' && least.major < 14) return { what: `Node ${least.major}`, since: '2023' }
  return undefined
}

/** The newest line that has fixes: what a hint may name. */
export function supportedLine(runtime: 'node' | 'python', today: Date): string {
  if (runtime === 'node') return DEFAULT_NODE
  const day = today.toISOString().slice(0, 10)
  const lines = Object.entries(LAST_DAY.python).filter(([, lastDay]) => lastDay >= day)
  // Not the very newest: packages for it may still be missing.
  return lines.sort((a, b) => compareLines(a[0], b[0])).at(-3)?.[0] ?? '3.12'
}

function isLineAllowed(line: string, range: string): boolean {
  const least = minVersion(range)
  if (least && `${least.major}${line.includes('.') ? `.${least.minor}` : ''}` === line) return true
  return satisfies(line.includes('.') ? `${line}.9999` : `${line}.9999.9999`, range)
}

function compareLines(a: string, b: string): number {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)]
  return x[0]! - y[0]! || (x[1] ?? 0) - (y[1] ?? 0)
}
