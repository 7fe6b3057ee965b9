import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unzipSync } from 'fflate'
import { extract } from 'tar-stream'
import { afterAll, describe, expect, test } from 'vitest'
import { build } from './build.ts'

const MANIFEST = `app: tool
version: 1.2.3
components:
  tool:
    type: artifact
    source: .
    build: { type: command, command: node build.mjs, output: out }
    env: { TITLE: { required: true, when: build } }
    archives:
      - { target: linux-x64 }
      - { target: windows-x64, command: node build.mjs windows }
      - { target: notes, command: node notes.mjs, output: notes, format: file }
  site: { type: static, source: site }
`
const root = mkdtempSync(join(tmpdir(), 'build-'))
const folder = join(root, 'app')
afterAll(() => {
  // Artifacts are read-only.
  const open = (path: string) => {
    chmodSync(path, 0o755)
    for (const e of readdirSync(path, { withFileTypes: true })) if (e.isDirectory()) open(join(path, e.name))
  }
  open(root)
  rmSync(root, { recursive: true })
})
mkdirSync(join(folder, 'site'), { recursive: true })
writeFileSync(join(folder, 'landfall.yaml'), MANIFEST)
writeFileSync(join(folder, 'site/index.html'), '<h1>Tool</h1>')
writeFileSync(
  join(folder, 'build.mjs'),
  `import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('out/bin', { recursive: true })
writeFileSync('out/bin/tool', process.env.TITLE + ' for ' + (process.argv[2] ?? 'linux'))
chmodSync('out/bin/tool', 0o755)`,
)
writeFileSync(
  join(folder, 'notes.mjs'),
  `import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('notes')
writeFileSync('notes/notes.md', '# Notes')`,
)

const make = (out: string, more: Partial<Parameters<typeof build>[0]> = {}) =>
  build({
    folder,
    environment: 'local',
    home: join(root, 'home'),
    out: join(root, out),
    values: { TITLE: 'Tool' },
    signal: new AbortController().signal,
    say: () => {},
    ...more,
  })
const bytes = (out: string, file: string) => readFileSync(join(root, out, file))

describe('landfall build', () => {
  test('makes the named archives, and sums that are true', async () => {
    const { archives } = await make('a')
    expect(archives.map((a) => a.file)).toEqual([
      'tool-1.2.3-linux-x64.tar.gz',
      'tool-1.2.3-notes.md',
      'tool-1.2.3-windows-x64.zip',
      'tool-site-1.2.3.tar.gz',
    ])
    const sums = bytes('a', 'SHA256SUMS').toString().trim().split('\n')
    expect(sums).toHaveLength(4)
    for (const line of sums) {
      const [sum, file = ''] = line.split('  ')
      expect(createHash('sha256').update(bytes('a', file)).digest('hex')).toBe(sum)
    }
  })

  test('packs what the build left, with the right to be run', async () => {
    const entries = await listTar(gunzipSync(bytes('a', 'tool-1.2.3-linux-x64.tar.gz')))
    expect(entries).toContainEqual({ name: 'tool-1.2.3-linux-x64/bin/tool', mode: 0o755, text: 'Tool for linux' })
    const zip = unzipSync(bytes('a', 'tool-1.2.3-windows-x64.zip'))
    expect(new TextDecoder().decode(zip['tool-1.2.3-windows-x64/bin/tool'])).toBe('Tool for windows')
    expect(bytes('a', 'tool-1.2.3-notes.md').toString()).toBe('# Notes')
  })

  test('gives the same bytes again, from another home too', async () => {
    await make('b', { home: join(root, 'home-2') })
    for (const file of readdirSync(join(root, 'a'))) expect(bytes('b', file).equals(bytes('a', file)), file).toBe(true)
  })

  test('one target alone, or one component', async () => {
    expect((await make('c', { target: 'notes' })).archives.map((a) => a.target)).toEqual(['notes'])
    expect((await make('d', { only: ['site'] })).archives.map((a) => a.component)).toEqual(['site'])
    await expect(make('e', { target: 'beos' })).rejects.toMatchObject({ hint: 'there are: linux-x64, windows-x64, notes' })
    await expect(make('e', { only: ['tol'] })).rejects.toMatchObject({ code: 'E_UNKNOWN_REF', hint: 'did you mean tool?' })
  })

  test('says which value a build lacks, before anything is built', async () => {
    await expect(make('f', { values: {} })).rejects.toMatchObject({ code: 'E_ENV_MISSING' })
    expect(readdirSync(root)).not.toContain('f')
  })

  test('a format of one file refuses a folder of several', async () => {
    writeFileSync(
      join(folder, 'landfall.yaml'),
      MANIFEST.replace('command: node notes.mjs, output: notes', 'command: node two.mjs, output: two'),
    )
    writeFileSync(
      join(folder, 'two.mjs'),
      `import { mkdirSync, writeFileSync } from 'node:fs'\nmkdirSync('two')\nfor (const n of 'ab') writeFileSync('two/' + n, n)`,
    )
    await expect(make('g', { target: 'notes' })).rejects.toMatchObject({ code: 'E_ARCHIVE', detail: 'a\nb' })
    expect(readdirSync(root).includes('g') ? readdirSync(join(root, 'g')) : []).toEqual([])
  })
})

async function listTar(data: Buffer): Promise<{ name: string; mode: number; text: string }[]> {
  const tar = extract()
  tar.end(data)
  const found: { name: string; mode: number; text: string }[] = []
  for await (const entry of tar) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    if (entry.header.type === 'file')
      found.push({ name: entry.header.name, mode: entry.header.mode ?? 0, text: Buffer.concat(chunks).toString() })
  }
  return found
}
