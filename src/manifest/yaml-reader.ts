import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml'
import { show } from '../lib/show.ts'
import { POISON } from './limits.ts'
import { type Path, pathKey, pathText } from './places.ts'
import type { Fail, Rules } from './yaml-tokens.ts'

/** Where a value and its key stand in the text. */
export interface Spot {
  key: number
  value: number
  isExact: boolean
}

/** From the parser's nodes to plain data. Aliases and `<<` are unfolded, counting every node that comes of it. */
export class Reader {
  readonly spots = new Map<string, Spot>()
  private readonly document: Document
  private readonly at: (offset: number) => string
  private readonly fail: Fail
  private readonly rules: Rules
  private count = 0
  private isOver = false
  private readonly open = new Set<Node>()
  /** Filled in the order of the text, which is what an alias refers to; the parser's own look-up walks all of it each time. */
  private readonly anchors = new Map<string, Node>()

  constructor(document: Document, at: (offset: number) => string, fail: Fail, rules: Rules) {
    this.document = document
    this.at = at
    this.fail = fail
    this.rules = rules
  }

  read(): unknown {
    const top = this.document.contents
    return top ? this.node(top, [], top.range?.[0] ?? 0) : undefined
  }

  private node(node: Node, path: Path, key: number): unknown {
    const offset = node.range?.[0] ?? key
    if (this.isTooMuch(1, path, offset)) return undefined
    if (isAlias(node)) return this.alias(node, path, key)
    if (node.anchor) this.anchors.set(node.anchor, node)
    this.spots.set(pathKey(path), { key, value: offset, isExact: !isScalar(node) || isExact(node.value, node.source) })
    if (isScalar(node)) return this.scalar(node.value, offset)
    if (isSeq(node))
      return node.items.map((item, i) => this.node(item as Node, [...path, i], (item as Node).range?.[0] ?? offset))
    if (isMap(node)) return this.map(node.items, path, offset)
    return undefined
  }

  private isTooMuch(more: number, path: Path, offset: number): boolean {
    this.count += more
    if (this.count < this.rules.nodes && path.length < this.rules.depth * 2) return false
    if (!this.isOver)
      this.fail('E_TOO_COMPLEX', offset, `aliases unfold to more than ${this.rules.nodes} values`, 'write the parts out')
    this.isOver = true
    return true
  }

  private scalar(value: unknown, offset: number): unknown {
    if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value
    this.fail('E_TYPE', offset, `a value of this kind has no place in ${this.rules.noun.replace(/^the /, 'a ')}`)
    return undefined
  }

  private alias(node: Node, path: Path, key: number): unknown {
    const target = isAlias(node) ? this.anchors.get(node.source) : undefined
    const offset = node.range?.[0] ?? key
    if (!target) {
      this.fail('E_SYNTAX', offset, 'no anchor of this name stands before this alias')
      return undefined
    }
    if (this.open.has(target)) {
      this.fail('E_TOO_COMPLEX', offset, 'this alias contains itself')
      return undefined
    }
    this.open.add(target)
    const value = this.node(target, path, key)
    this.open.delete(target)
    return value
  }

  private map(items: Pair[], path: Path, offset: number): Record<string, unknown> {
    const into: Record<string, unknown> = {}
    const seen = new Map<string, number>()
    const merges: Node[] = []
    for (const item of items) {
      if (!isPair(item)) continue
      const place = (item.key as Node | null)?.range?.[0] ?? offset
      const key = this.key(item.key, place)
      if (key === undefined) continue
      const first = seen.get(key)
      if (first !== undefined) {
        this.fail(
          'E_DUPLICATE_KEY',
          place,
          `${pathText([...path, key])}: ${show(key)} stands here twice, first at ${this.at(first)}`,
          'keep one',
        )
        continue
      }
      seen.set(key, place)
      if (POISON.has(key)) {
        this.fail('E_UNKNOWN_KEY', place, `${pathText([...path, key])}: ${show(key)} cannot be a key`)
        continue
      }
      if (key === '<<') merges.push(item.value as Node)
      else into[key] = item.value ? this.node(item.value as Node, [...path, key], place) : this.empty([...path, key], place)
    }
    for (const merge of merges) this.merge(merge, path, into)
    return into
  }

  private key(key: unknown, place: number): string | undefined {
    if (isScalar(key) && key.value !== null && typeof key.value !== 'object') return key.source ?? String(key.value)
    this.fail('E_TYPE', place, 'a key must be a plain word')
    return undefined
  }

  private empty(path: Path, place: number): null {
    this.spots.set(pathKey(path), { key: place, value: place, isExact: true })
    return null
  }

  /** `<<`: keys that do not stand here already come from the mappings named. */
  private merge(from: Node | null, path: Path, into: Record<string, unknown>): void {
    const target = isAlias(from) ? this.anchors.get(from.source) : from
    if (isSeq(target)) {
      for (const item of target.items) this.merge(item as Node, path, into)
      return
    }
    if (!isMap(target) || this.open.has(target)) {
      this.fail('E_TYPE', from?.range?.[0] ?? 0, '`<<` takes a mapping, or a list of mappings')
      return
    }
    const missing = target.items.filter((item) => !(isScalar(item.key) && Object.hasOwn(into, String(item.key.value))))
    // Also what is left out was looked at, and a thousand repetitions of one merge are a thousand looks.
    if (this.isTooMuch(target.items.length, path, from?.range?.[0] ?? 0)) return
    this.open.add(target)
    Object.assign(into, this.map(missing as Pair[], path, target.range?.[0] ?? 0))
    this.open.delete(target)
  }
}

function isExact(value: unknown, source: string | undefined): boolean {
  return (typeof value !== 'number' && typeof value !== 'boolean') || source === undefined || String(value) === source
}
