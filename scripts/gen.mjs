// Writes src/<kind>/all.gen.ts from the folders that are there, so that a plug-in is one new folder and nothing else.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

const kinds = {
  engines: ['EngineType', 'engineTypes'],
  edge: ['EdgeType', 'edgeTypes'],
  builders: ['Builder', 'builders'],
  resources: ['ResourceType', 'resourceTypes'],
  targets: ['Target', 'targets'],
}
const isCheck = process.argv.includes('--check')
let isStale = false
for (const [kind, [type, name]] of Object.entries(kinds)) {
  const root = new URL(`../src/${kind}/`, import.meta.url)
  if (!existsSync(root)) continue
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((e) => e.isDirectory() && existsSync(new URL(`${e.name}/index.ts`, root)))
    .map((e) => e.name)
    .sort()
  const ident = (folder) => `${folder.replace(/-(\w)/g, (_, c) => c.toUpperCase())}Plug`
  const text = [
    '// Written by `npm run gen`: one line for every folder here.',
    `import type { ${type} } from '../model/${kind === 'targets' ? 'target' : 'plug'}.ts'`,
    ...folders.map((f) => `import ${ident(f)} from './${f}/index.ts'`),
    '',
    `export const ${name}: Record<string, ${type}> = {`,
    ...folders.map((f) => `  '${f}': ${ident(f)},`),
    '}',
    '',
  ].join('\n')
  const file = new URL('all.gen.ts', root)
  const old = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (old === text) continue
  isStale = true
  if (!isCheck) writeFileSync(file, text)
}
if (isCheck && isStale) {
  console.error('all.gen.ts is out of date: npm run gen')
  process.exit(1)
}
