import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { compareFacts } from '../guide/facts.ts'
import { toHtml } from '../guide/html.ts'
import { toMarkdown } from '../guide/markdown.ts'
import { docs, writeDocs } from './docs.ts'

const MANIFEST = `app: shop
components:
  web:
    type: web
    source: .
    run: node server.js
    health: /health
    release: [{ name: migrate, check: node migrate.js --check, else: node migrate.js }]
    seed: node seed.js
    scale: { max: 1, because: the counters live in memory }
resources:
  db: { type: postgres, version: 17 }
env:
  DATABASE_URL: { from: db.url }
  API_KEY: { required: true, secret: true, about: "for | the <script>alert(1)</script> service" }
  TITLE: { default: Shop, when: build }
routes: [{ host: shop.example, to: web }]
checks: [{ name: healthy, get: /health, status: 200, json: { ok: true } }]
environments:
  production: { protect: true, scale: { web: { memory: 512Mi } } }
`
const folder = mkdtempSync(join(tmpdir(), 'guide-'))
const out = join(folder, 'guide')
writeFileSync(join(folder, 'landfall.yaml'), MANIFEST)
writeFileSync(join(folder, 'package.json'), '{"name":"shop","version":"1.0.0"}')
afterAll(() => rmSync(folder, { recursive: true }))

const make = (more: Partial<Parameters<typeof docs>[0]> = {}) =>
  docs({ folder, environment: 'production', out, today: '2026-01-02', ...more })
const page = (name: string) => readFileSync(join(out, name), 'utf8')

describe('the deployment guide', () => {
  test('says what the manifest says, each with its line', async () => {
    writeDocs(await make())
    expect(page('deployment-view.md')).toContain('| `web` | `node server.js` | PORT | `shop.example` | 1 | 512 MiB |')
    expect(page('deployment-view.md')).toContain('stays at 1 instance: the counters live in memory')
    expect(page('environment.md')).toMatch(/`API_KEY` \[landfall\.yaml:15\]\(\.\.\/landfall\.yaml#L15\)/)
    expect(page('environment.md')).toContain('landfall env set API_KEY')
    expect(page('release.md')).toContain('`node migrate.js`, unless `node migrate.js --check`')
    expect(page('release.md')).toContain('landfall run web.seed')
    expect(page('smoke.md')).toContain('- [ ] healthy: `GET ')
    expect(page('smoke.md')).toContain('curl -fsS https://shop.example/health')
    expect(page('data.md')).toContain('landfall backup restore <id> --env production')
    expect(page('README.md')).toContain('--yes=shop')
    expect(page('changes.md')).toContain('first guide')
  })

  test('is the same bytes again when nothing changed, and says so with `check`', async () => {
    const again = await make()
    expect(again.files.filter((f) => f.state !== 'same')).toEqual([])
  })

  test('tells what changed since the last one, until something changes again', async () => {
    writeFileSync(
      join(folder, 'landfall.yaml'),
      MANIFEST.replace('max: 1,', 'memory: 256Mi, max: 1,').replace('node server.js', 'node main.js'),
    )
    const changed = await make()
    expect(changed.files.filter((f) => f.state === 'changed').map((f) => f.path)).toContain('changes.md')
    writeDocs(changed)
    expect(page('changes.md')).toContain('| component web: command | `node server.js` | `node main.js` |')
    writeDocs(await make())
    expect(page('changes.md')).toContain('`node main.js`')
    expect((await make()).files.every((f) => f.state === 'same')).toBe(true)
  })

  test('shows text of the manifest as text, in Markdown and in HTML', async () => {
    expect(page('environment.md')).not.toContain('<script>')
    expect(page('environment.md')).toContain('for \\| the &lt;script&gt;')
    expect(page('index.html')).not.toContain('<script>alert')
    expect(page('index.html')).toContain('&lt;script&gt;alert')
  })

  test('keeps what somebody proved, and never calls anything else proven', async () => {
    await expect(make({ proved: { platform: 'nowhere', what: 'ran' } })).rejects.toMatchObject({ code: 'E_TARGET' })
    expect(page('README.md')).not.toContain('proven on')
  })

  test('refuses to go on from facts that cannot be read', async () => {
    const facts = page('facts.json')
    writeFileSync(join(out, 'facts.json'), facts.slice(0, 40))
    await expect(make()).rejects.toMatchObject({ code: 'E_SYNTAX', at: join(out, 'facts.json') })
    writeFileSync(join(out, 'facts.json'), facts)
  })

  test('leaves what it did not write alone', async () => {
    writeFileSync(join(out, 'notes.md'), 'mine')
    writeFileSync(join(out, 'platform-gone.md'), 'of a platform that is no longer written for')
    writeDocs(await make())
    expect(readdirSync(out)).toContain('notes.md')
    expect(readdirSync(out)).not.toContain('platform-gone.md')
  })

  test('every link between pages leads somewhere', () => {
    for (const file of readdirSync(out).filter((name) => name.endsWith('.md'))) {
      for (const [, to] of page(file).matchAll(/\]\(([a-z0-9-]+\.(?:md|svg))(?:#[^)]*)?\)/gi)) {
        expect(readdirSync(out), `${file} links to ${to}`).toContain(to)
      }
    }
    const html = page('index.html')
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]))
    for (const [, to] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(to)
  })
})

describe('renderers', () => {
  test('Markdown keeps what looks like Markdown as text', () => {
    const text = toMarkdown(
      { name: 'p', title: '# a_b', blocks: [{ type: 'text', text: ['- [x](javascript:1) *y*', { type: 'code', text: 'a`b' }] }] },
      '',
    )
    expect(text).toBe('# \\# a\\_b\n\n\\- \\[x\\](javascript:1) \\*y\\*``a`b``\n'.replace('``a`b``', '`` a`b ``'))
  })
  test('a code block holds any fence', () => {
    expect(toMarkdown({ name: 'p', title: 't', blocks: [{ type: 'code', language: 'sh', text: '```\nx' }] }, '')).toContain(
      '````sh\n```\nx\n````',
    )
  })
  test('one HTML file needs nothing from anywhere', () => {
    const html = toHtml('shop', [{ name: 'p', title: 'T', blocks: [] }], {}, '../')
    expect(html).not.toMatch(/(src|href)="https?:/)
    expect(html).not.toMatch(/@import|url\(/)
  })
})

describe('facts', () => {
  test('a fact that is new has no before, one that went has no now', () => {
    const { changes } = compareFacts({ b: '1' }, { facts: { a: '1' }, changes: [], proofs: {} })
    expect(changes).toEqual([
      { what: 'a', before: '1' },
      { what: 'b', after: '1' },
    ])
  })
})
