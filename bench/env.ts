import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App, EnvEntry } from '../src/model/app.ts'
import { storedValues, valueFindings } from '../src/ops/contract-check.ts'
import { openAll, type Store } from '../src/store/store.ts'
import { medianTime, ms, type Section } from './section.ts'

const MOST_MS = 50

/** The environment contract against stored values: read from the store, opened, and each held against its rules. */
export default async function env(): Promise<Section> {
  const rows: string[][] = [['variables', 'rules alone', 'with reading and opening the values']]
  const broken: string[] = []
  for (const count of [100, 1000]) {
    const home = mkdtempSync(join(tmpdir(), 'bench-env-'))
    const store = openAll(home)
    try {
      const app = appOf(count)
      const scope = { app: app.name, environment: app.environment.name }
      fill(store, app)
      const values = storedValues(scope, store.stored)
      if (valueFindings(app, scope, values).length > 0) throw new Error('a value does not fit')
      const rules = await medianTime(20, () => valueFindings(app, scope, values))
      const whole = await medianTime(20, () => valueFindings(app, scope, storedValues(scope, store.stored)))
      rows.push([String(count), ms(rules), ms(whole)])
      if (count === 1000 && whole >= MOST_MS) broken.push(`1,000 variables took ${ms(whole)}, and ${MOST_MS} ms is the most`)
    } finally {
      store.close()
      rmSync(home, { recursive: true, force: true })
    }
  }
  return {
    title: 'Checking the environment',
    text: 'Every variable is required and secret; each in turn has a pattern, a type, a length, an enum, a condition or a group.',
    table: rows,
    broken,
  }
}

const RULES: Partial<EnvEntry>[] = [
  { pattern: '[a-z]{3,}-[0-9a-f]{32}' },
  { pattern: '(?:[a-z]+-)?[0-9a-f-]{8,64}' },
  { minLength: 16 },
  { type: 'list', values: ['red', 'green', 'blue'] },
  { type: 'enum', values: ['debug', 'info', 'warn'] },
  { type: 'hex(16)' },
  { type: 'url' },
]

function textFor(i: number): string {
  const hex = i.toString(16).padStart(32, '0')
  return (
    [`key-${hex}`, `key-${hex}`, `key-${hex}`, 'red,blue', 'info', hex, `https://api-${i}.example/v1`][i % RULES.length] ?? hex
  )
}

function fill(store: Store, app: App): void {
  const scope = { app: app.name, environment: app.environment.name }
  app.contract.forEach((entry, i) => {
    store.stored.set(scope, entry.name, textFor(i), { isSecret: true, source: 'set' }, 1)
  })
}

function appOf(count: number): App {
  const contract = Array.from({ length: count }, (_, i): EnvEntry => {
    const name = `VARIABLE_${i}`
    const condition = i % 5 === 0 && i > 0 ? { requiredIf: { name: `VARIABLE_${i - 1}` } } : {}
    return {
      name,
      components: ['web'],
      isRequired: true,
      isSecret: true,
      when: 'run',
      at: `env.${name}`,
      ...RULES[i % RULES.length],
      ...condition,
    }
  })
  const groups = Array.from({ length: Math.floor(count / 10) }, (_, i) => ({
    name: `group-${i}`,
    rule: 'allOrNone' as const,
    names: [0, 1, 2].map((n) => `VARIABLE_${i * 10 + n}`),
    at: `groups.group-${i}`,
  }))
  return {
    name: 'many',
    environment: { name: 'production', isProtected: true },
    components: [],
    resources: [],
    routes: [],
    checks: [],
    troubles: [],
    contract,
    groups,
    keep: { releases: 5 },
  }
}
