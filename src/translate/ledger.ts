import { pathKey, pathText } from '../manifest/places.ts'
import type { Finding, Level } from '../model/finding.ts'
import type { Entry, Path, Verdict } from '../model/target.ts'

/** Data whose leaves are owed a verdict, and where each of them stands. */
export interface Source {
  data: unknown
  /** `compose.yaml:12:3`. */
  at(path: Path): string
}
type Mark =
  | { type: 'kept'; to?: string }
  | { type: 'changed'; how: string; hint?: string }
  | { type: 'lost'; why: string; hint?: string }
const RANK = { kept: 0, changed: 1, lost: 2 }

/** Keeps account of every leaf of one source. What is not marked comes out as lost, so that nothing can be passed over in silence. */
export class Ledger {
  readonly findings: Finding[] = []
  private readonly source: Source
  private readonly marks = new Map<string, Mark>()

  constructor(source: Source) {
    this.source = source
  }

  root(): Entry {
    return new LedgerEntry(this, [], this.source.data)
  }

  /** One verdict for each mark that speaks for a leaf, in the order of the document, and one for each part that nobody marked. */
  verdicts(): Verdict[] {
    const found: Verdict[] = []
    this.settle([], this.source.data, undefined, found)
    return found
  }

  /** For entries: what a person said of a place. */
  mark(path: Path, is: Mark): void {
    const key = pathKey(path)
    const before = this.marks.get(key)
    if (!before || RANK[is.type] > RANK[before.type]) this.marks.set(key, is)
  }

  at(path: Path): string {
    return this.source.at(path)
  }

  /** Leaves below `path` that no mark below it speaks for; what `inherited` says counts for them. */
  private settle(path: Path, value: unknown, inherited: Mark | undefined, found: Verdict[]): number {
    const own = this.marks.get(pathKey(path))
    const mark = own ?? inherited
    const place = found.length
    const children = isMapping(value)
      ? Object.entries(value).map(([key, v]) => ({ path: [...path, key], v }))
      : Array.isArray(value)
        ? value.map((v: unknown, i) => ({ path: [...path, i], v }))
        : []
    if (children.length === 0) {
      if (path.length === 0 && (value === undefined || value === null || typeof value === 'object')) return 0
      if (own || !inherited) found.push(this.verdict(path, mark, 1))
      return own || !inherited ? 0 : 1
    }
    if (!mark && !this.hasMarkBelow(path, value)) {
      const leaves = countLeaves(value)
      if (path.length > 0) {
        found.push(this.verdict(path, undefined, leaves))
        return 0
      }
    }
    const left = children.reduce((sum, c) => sum + this.settle(c.path, c.v, mark, found), 0)
    if (!own) return left
    // In front of what stands below it, as a person reads.
    if (left > 0) found.splice(place, 0, this.verdict(path, own, left))
    return 0
  }

  private hasMarkBelow(path: Path, value: unknown): boolean {
    if (this.marks.has(pathKey(path))) return true
    if (Array.isArray(value)) return value.some((v: unknown, i) => this.hasMarkBelow([...path, i], v))
    return isMapping(value) && Object.entries(value).some(([k, v]) => this.hasMarkBelow([...path, k], v))
  }

  private verdict(path: Path, mark: Mark | undefined, leaves: number): Verdict {
    const is = { path: pathText(path), at: this.source.at(path), leaves }
    return mark ? { ...is, ...mark } : { ...is, type: 'lost', why: UNMARKED, isUnmarked: true }
  }
}

/** Thousands of them come and go while a long file is read: methods on the prototype, and nothing kept but three fields. */
class LedgerEntry implements Entry {
  readonly path: Path
  readonly value: unknown
  private readonly ledger: Ledger

  constructor(ledger: Ledger, path: Path, value: unknown) {
    this.ledger = ledger
    this.path = path
    this.value = value
  }

  get key(): string {
    return String(this.path.at(-1) ?? '')
  }
  get at(): string {
    return this.ledger.at(this.path)
  }
  get isThere(): boolean {
    return this.value !== undefined
  }

  get(...keys: (string | number)[]): Entry {
    const value = keys.reduce<unknown>((v, key) => child(v, key), this.value)
    return new LedgerEntry(this.ledger, [...this.path, ...keys], value)
  }

  entries(): Entry[] {
    return isMapping(this.value) ? Object.keys(this.value).map((key) => this.get(key)) : []
  }

  items(): Entry[] {
    if (Array.isArray(this.value)) return this.value.map((_, i) => this.get(i))
    return this.value === undefined || this.value === null ? [] : [this]
  }

  text(): string | undefined {
    const { value } = this
    return isScalar(value) && value !== null && value !== undefined ? String(value) : undefined
  }
  number(): number | undefined {
    return typeof this.value === 'number' ? this.value : undefined
  }
  flag(): boolean | undefined {
    return typeof this.value === 'boolean' ? this.value : undefined
  }

  kept(to?: string): void {
    this.mark({ type: 'kept', ...(to !== undefined && { to }) })
  }
  changed(how: string, hint?: string): void {
    this.mark({ type: 'changed', how, ...(hint !== undefined && { hint }) })
  }
  lost(why: string, hint?: string): void {
    this.mark({ type: 'lost', why, ...(hint !== undefined && { hint }) })
  }
  finding(level: Level, code: string, message: string, hint?: string): void {
    this.ledger.findings.push({ level, code, at: this.at, message, ...(hint !== undefined && { hint }) })
  }

  private mark(is: Mark): void {
    if (this.isThere) this.ledger.mark(this.path, is)
  }
}

export const UNMARKED = 'nothing here knows what becomes of it'

/** A finding for every part that nobody marked. */
export function unmarkedFindings(verdicts: Verdict[]): Finding[] {
  return verdicts.flatMap((v) =>
    v.type === 'lost' && v.isUnmarked
      ? [
          {
            level: 'lost',
            code: 'W_NOT_CARRIED',
            at: v.at,
            message: `${v.path}: ${v.why}`,
            hint: 'carry it over by hand',
          } satisfies Finding,
        ]
      : [],
  )
}

/** Leaves by verdict, and the share that was kept or changed, from 0 to 1; 1 where there was nothing. */
export function tally(verdicts: Verdict[]): { kept: number; changed: number; lost: number; share: number } {
  const sum = (type: Verdict['type']) => verdicts.filter((v) => v.type === type).reduce((n, v) => n + v.leaves, 0)
  const [kept, changed, lost] = [sum('kept'), sum('changed'), sum('lost')]
  const all = kept + changed + lost
  return { kept, changed, lost, share: all === 0 ? 1 : (kept + changed) / all }
}

/** Leaves of a value: scalars, and mappings and lists without anything in them. */
export function countLeaves(value: unknown): number {
  if (Array.isArray(value)) return value.length === 0 ? 1 : value.reduce((n: number, v) => n + countLeaves(v), 0)
  if (!isMapping(value)) return 1
  const values = Object.values(value)
  return values.length === 0 ? 1 : values.reduce<number>((n, v) => n + countLeaves(v), 0)
}

function child(value: unknown, part: string | number): unknown {
  if (Array.isArray(value)) return typeof part === 'number' ? value[part] : undefined
  return isMapping(value) && Object.hasOwn(value, part) ? value[part] : undefined
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value !== 'object'
}
