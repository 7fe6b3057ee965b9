import { globSync, readFileSync } from 'node:fs'
import { dirname, normalize } from 'node:path'
import { expect, test } from 'vitest'

// Who may import whom. `model` and `lib` are open to all; a plug-in's folder never looks into another one.
const ALLOWED: Record<string, string[]> = {
  model: [],
  lib: [],
  manifest: [],
  resources: [],
  builders: [],
  // What all targets stand on: documents with places, the ledger, the manifest's grammar.
  translate: ['manifest'],
  targets: ['translate', 'manifest', 'builders'],
  plan: [],
  engines: [],
  edge: [],
  store: [],
  checks: [],
  run: ['store', 'checks'],
  backup: ['store', 'run', 'resources'],
  guide: [],
  ops: [
    'manifest',
    'resources',
    'builders',
    'targets',
    'translate',
    'plan',
    'engines',
    'edge',
    'store',
    'checks',
    'run',
    'backup',
    'guide',
  ],
  daemon: ['ops'],
  // The socket's client, and what starts the daemon, live with the daemon.
  cli: ['ops', 'daemon'],
}
const PLUGS = new Set(['engines', 'edge', 'resources', 'builders', 'targets'])

test('imports point to layers below, never sideways', () => {
  const wrong: string[] = []
  for (const file of globSync('src/**/*.ts')) {
    const [, layer = '', plug] = file.split('/')
    const text = readFileSync(file, 'utf8')
    for (const [, from = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const target = normalize(`${dirname(file)}/${from}`)
      if (!target.startsWith('src/')) {
        if (!file.endsWith('.test.ts')) wrong.push(`${file} reaches out of src: ${from}`)
        continue
      }
      const [, toLayer = '', toPlug] = target.split('/')
      const isOpen = toLayer === 'model' || (toLayer === 'lib' && layer !== 'model')
      const isSame = toLayer === layer && (!PLUGS.has(layer) || plug === toPlug || file.endsWith('.gen.ts'))
      if (isOpen || isSame || ALLOWED[layer]?.includes(toLayer)) continue
      // `lib` may know the types of `model`, which are no code.
      if (layer === 'lib' && toLayer === 'model') continue
      wrong.push(`${file} must not import ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('model has no code that runs', () => {
  for (const file of globSync('src/model/*.ts')) {
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    expect(code, file).not.toMatch(/\b(function|class|const|let|var)\b/)
  }
})

test('planning is pure: no clock, chance, disk, process or waiting', () => {
  for (const file of globSync('src/plan/*.ts').filter((f) => !f.endsWith('.test.ts'))) {
    const text = readFileSync(file, 'utf8')
    expect(text, file).not.toMatch(/'node:/)
    // Without comments and texts: a step is called `await-healthy`.
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$|'[^'\n]*'/gm, '')
    expect(code, file).not.toMatch(/\bawait\b|\basync\b|\bDate\b|Math\.random|\bprocess\.|\bfetch\(/)
  }
})
