// npm run bench [-- <part> …]: measures, keeps the figures in bench/results.json and writes docs/benchmarks.md from them. Fails when
// a promise did not hold.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, readJson, root, seconds, underPinnedNode } from './setup.mjs'

await underPinnedNode(import.meta.url)
const { machine, versionOf } = await import('../bench/section.ts')
const parts = ['releases', 'unchanged', 'edge', 'footprint', 'plan', 'first-url', 'env', 'backup', 'translate']
const wishes = process.argv.slice(2)
const unknown = wishes.filter((name) => !parts.includes(name))
if (unknown.length) fail(`no such part: ${unknown.join(', ')}; there are: ${parts.join(', ')}`)

await import('./build.mjs')
const file = join(root, 'bench/results.json')
const results = existsSync(file) ? readJson(file) : {}
let broken = 0
for (const name of wishes.length ? wishes : parts) {
  const from = Date.now()
  console.log(`== ${name}`)
  const { default: part } = await import(`../bench/${name}.ts`)
  const section = await part()
  results[name] = {
    ...section,
    date: new Date().toISOString().slice(0, 10),
    version: readJson(join(root, 'package.json')).version,
  }
  results.machine = { ...machine(), ...others() }
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  write()
  for (const row of section.table) console.log(`  ${row.join(' · ')}`)
  for (const promise of section.broken) console.log(`  BROKEN ${promise}`)
  broken += section.broken.length
  console.log(`  ${seconds(Date.now() - from)}`)
}
console.log(`docs/benchmarks.md is written; ${broken} broken promises`)
process.exit(broken ? 1 : 0)

/** Versions of what Landfall is compared with, where they are there. */
function others() {
  const found = {
    caddy: versionOf('caddy', ['version']),
    nginx: versionOf('sh', ['-c', 'nginx -v 2>&1 || /usr/sbin/nginx -v 2>&1']),
    haproxy: versionOf('sh', ['-c', '(haproxy -v || /usr/sbin/haproxy -v) 2>&1 | head -1']),
  }
  const numbers = Object.entries(found).map(([name, text]) => [name, /\d+(\.\d+)+/.exec(text ?? '')?.[0]])
  return Object.fromEntries(numbers.filter(([, version]) => version))
}

function write() {
  const lines = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; every section names the command that makes it anew. Times are medians where something was done more than once.',
    'They compare things on one machine and promise nothing about yours.',
    '',
    ...Object.entries(results.machine).map(([name, value]) => `- ${name}: ${value}`),
    '',
  ]
  for (const name of parts) {
    const section = results[name]
    if (!section) continue
    const [head = [], ...rows] = section.table
    lines.push(
      `## ${section.title}`,
      '',
      section.text,
      '',
      `| ${head.join(' | ')} |`,
      `|${head.map(() => '---').join('|')}|`,
      ...rows.map((row) => `| ${row.join(' | ')} |`),
      '',
      ...section.broken.map((promise) => `**Broken promise:** ${promise}\n`),
      `\`npm run bench -- ${name}\` · ${section.date} · Landfall ${section.version}`,
      '',
    )
  }
  writeFileSync(join(root, 'docs/benchmarks.md'), lines.join('\n'))
}
