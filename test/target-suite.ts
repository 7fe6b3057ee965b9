import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainLook } from '../src/cli/render/look.ts'
import { renderSteps, renderTotals, renderVerdicts } from '../src/cli/render/report.ts'
import { pathText } from '../src/manifest/places.ts'
import { splitCommand } from '../src/manifest/split-command.ts'
import { DURATION, toSeconds } from '../src/manifest/units.ts'
import { dataText } from '../src/manifest/write/data-text.ts'
import { parseYaml } from '../src/manifest/yaml.ts'
import type { Finding } from '../src/model/finding.ts'
import type { SourceFiles } from '../src/model/plug.ts'
import type { Target, Verdict } from '../src/model/target.ts'
import { type ExportAnswer, exportApp } from '../src/ops/export.ts'
import { checkText } from '../src/ops/import.ts'
import { findMarkers, openProject } from '../src/ops/project-files.ts'
import { effectiveManifest } from '../src/translate/effective-manifest.ts'
import { tally } from '../src/translate/ledger.ts'
import { matchMarkers } from '../src/translate/match-markers.ts'
import { type ReadResult, runReader } from '../src/translate/run-reader.ts'

export interface TargetTests {
  /** What the platform's own schema or validator says about written files; nothing where they are right. */
  validate?(files: Record<string, string>): string[] | Promise<string[]>
  /** Options to write with; each is one more round of the laws about writing. None where absent. */
  options?: Record<string, string>[]
  /** Manifest paths (regular expressions) that are kept and yet not read back, each with the reason. */
  notReadBack?: Record<string, string>
  /** Title of a law -> why this target cannot pass it; an entry that names no law fails. */
  skip?: Record<string, string>
}
const SHARED = resolve('test/corpus/targets')
const EXAMPLES = ['communityrule', 'flick', 'allucanget', 'hello-monorepo', 'hello-python', 'hello-static']
const CANARY = 'canary-7f3a'

/** What every target must do: README.md of src/targets says why. */
export function targetSuite(target: Target, tests: TargetTests = {}): void {
  const folder = resolve('src/targets', target.name, 'fixtures')
  const titles = new Set<string>()
  const law = (title: string, body: () => Promise<void>) => {
    titles.add(title)
    test.skipIf(tests.skip !== undefined && title in tests.skip)(title, body)
  }
  const reads = casesIn(join(folder, 'read'))
  const writes = [...casesIn(join(folder, 'write')), ...casesIn(SHARED), ...EXAMPLES.map((name) => resolve('examples', name))]
  const rounds = tests.options ?? [{}]

  describe(`target ${target.name}`, () => {
    if (target.read) {
      law('every leaf of what is read has one verdict, and a manifest comes of it', async () => {
        for (const path of reads) {
          const result = await readCase(target, path)
          expect(
            result.verdicts.reduce((n, v) => n + v.leaves, 0),
            path,
          ).toBe(result.leaves)
          for (const v of result.verdicts) expect(v.at, `${path} ${v.path}`).toMatch(/^[^:]+:\d+:\d+$/)
          await expect(reportOfRead(result)).toMatchFileSnapshot(`${path}.expected.txt`)
          const text = manifestOf(result, basename(path))
          if (!basename(path).startsWith('broken')) {
            // A part of an app may name nothing that runs: then it is looked at beside something that does.
            const isPart = target.describes === 'part' && result.manifest.components === undefined
            const whole = isPart ? `${text}components: { alone: { type: worker, run: "true" } }\n` : text
            const wrong = checkText(whole, path).filter((f) => f.level === 'error')
            expect(wrong, `${path}\n${text}`).toEqual([])
          }
        }
      })

      law('reading the same twice gives the same', async () => {
        for (const path of reads) {
          expect(JSON.stringify(await readCase(target, path))).toBe(JSON.stringify(await readCase(target, path)))
        }
      })

      law('no file, however it is damaged, makes reading throw', async () => {
        const projects = reads.map((path) => ({ path, texts: textsOf(path) }))
        const damage = fc.record({
          which: fc.nat(),
          file: fc.nat(),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          cut: fc.nat(60),
          put: fc.oneof(
            fc.string({ maxLength: 30 }),
            fc.string({ maxLength: 30, unit: 'binary' }),
            fc.constantFrom('\t', '\0', ': ', '- ', '{', '[', '"', '&a ', '*a', '<<: *a\n', '${', '!!js/function '),
          ),
          whole: fc.option(fc.json({ maxDepth: 4 }), { freq: 4, nil: undefined }),
        })
        await fc.assert(
          fc.asyncProperty(damage, async ({ which, file, at, cut, put, whole }) => {
            const project = projects[which % projects.length]!
            const found = matchMarkers(target, project.texts.keys())
            const name = found[file % found.length]!
            const before = project.texts.get(name) ?? ''
            const place = Math.floor(at * before.length)
            const after = whole ?? before.slice(0, place) + put + before.slice(place + cut)
            const texts = new Map([...project.texts, [name, after]])
            const result = await runReader(target, { files: filesOf(texts), found, folderName: 'damaged' })
            expect(result.verdicts.reduce((n, v) => n + v.leaves, 0)).toBe(result.leaves)
          }),
          { numRuns: 250, ...(reads.length === 0 && { numRuns: 0 }) },
        )
      })

      law('no secret that stands in a file travels', async () => {
        for (const path of reads) {
          const result = await readCase(target, path)
          expect(`${manifestOf(result, 'x')}${reportOfRead(result)}`, path).not.toContain('canary-')
        }
      })
    }

    if (target.write) {
      law('every leaf of a manifest has one verdict, and none was forgotten', async () => {
        for (const path of writes) {
          for (const options of rounds) {
            const written = await writeCase(target, path, options)
            expect(
              written.verdicts.reduce((n, v) => n + v.leaves, 0),
              path,
            ).toBe(written.leaves)
            for (const v of written.verdicts) expect(v.at, `${path} ${v.path}`).toMatch(/^landfall\.yaml:\d+:\d+$/)
            // Examples grow with the grammar; what is new there is told as lost until a target knows it.
            if (EXAMPLES.includes(basename(path))) continue
            const forgotten = written.verdicts.filter((v) => v.type === 'lost' && v.isUnmarked).map((v) => v.path)
            expect(forgotten, path).toEqual([])
          }
          if (path.startsWith(folder)) {
            await expect(reportOfWrite(await writeCase(target, path, rounds[0] ?? {}))).toMatchFileSnapshot(
              `${path}.expected.txt`,
            )
          }
        }
      })

      law('what is written is right by the platform itself', async () => {
        for (const path of writes) {
          for (const options of rounds) {
            const { files } = await writeCase(target, path, options)
            const texts = Object.fromEntries(Object.entries(files).map(([name, f]) => [name, f.text]))
            expect((await tests.validate?.(texts)) ?? [], `${path} ${JSON.stringify(options)}`).toEqual([])
          }
        }
      })

      law('writing twice gives the same bytes', async () => {
        for (const path of writes) {
          for (const options of rounds) {
            const again = await writeCase(target, path, options)
            expect(JSON.stringify(again)).toBe(JSON.stringify(await writeCase(target, path, options)))
          }
        }
      })

      law('no secret of the machine travels', async () => {
        const copy = mkdtempSync(join(tmpdir(), 'landfall-target-'))
        try {
          cpSync(join(SHARED, 'shop'), copy, { recursive: true })
          for (const place of ['', 'server/'])
            writeFileSync(join(copy, `${place}.env`), `SESSION_SECRET=${CANARY}\nSENTRY_DSN=${CANARY}\n`)
          process.env.SESSION_SECRET = CANARY
          const written = await writeCase(target, copy, rounds[0] ?? {})
          expect(JSON.stringify(written)).not.toContain(CANARY)
        } finally {
          delete process.env.SESSION_SECRET
          rmSync(copy, { recursive: true, force: true })
        }
      })
    }

    if (target.read && target.write) {
      law('what is written and read again is the same, but for what a verdict says', async () => {
        const used = new Set<string>()
        const all: unknown[] = []
        for (const path of writes) {
          for (const options of rounds) {
            const written = await writeCase(target, path, options)
            const back = await readWritten(target, written, path)
            const different = differences(path, written, back.manifest).filter(({ at }) => {
              const reason = Object.keys(tests.notReadBack ?? {}).find((pattern) => new RegExp(`^(?:${pattern})$`).test(at))
              if (reason !== undefined) used.add(reason)
              return reason === undefined
            })
            all.push(...different.map((d) => ({ ...d, of: `${basename(path)} ${JSON.stringify(options)}` })))
          }
        }
        expect(all).toEqual([])
        expect(
          Object.keys(tests.notReadBack ?? {}).filter((p) => !used.has(p)),
          'entries of notReadBack that nothing needs',
        ).toEqual([])
      })
    }

    test('what is skipped is a law', () => {
      for (const title of Object.keys(tests.skip ?? {})) expect([...titles]).toContain(title)
    })
  })
}

function casesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory())
    .sort()
}

async function readCase(target: Target, path: string): Promise<ReadResult> {
  const project = openProject(path)
  const { found } = findMarkers(target, project)
  return runReader(target, { files: project.files, found, folderName: project.folderName, strict: project.strict })
}

function writeCase(target: Target, folder: string, options: Record<string, string>): Promise<ExportAnswer> {
  return exportApp({ folder, target: target.name, options, today: '2026-11-21' })
}

/** What was written, beside the sources that it was written for. */
async function readWritten(target: Target, written: ExportAnswer, path: string): Promise<ReadResult> {
  const texts = textsOf(path, (name) => !/(^|\/)(node_modules|fixtures)\//.test(name))
  for (const name of matchMarkers(target, texts.keys())) texts.delete(name)
  for (const [name, { text }] of Object.entries(written.files)) texts.set(name, text)
  return runReader(target, { files: filesOf(texts), found: matchMarkers(target, texts.keys()), folderName: written.app })
}

function textsOf(folder: string, isWanted: (name: string) => boolean = () => true): Map<string, string> {
  const { files } = openProject(folder)
  return new Map([...files.names].filter(isWanted).map((name) => [name, files.text(name) ?? '']))
}

function filesOf(texts: Map<string, string>): SourceFiles {
  return { names: new Set(texts.keys()), text: (name) => texts.get(name) }
}

function manifestOf(result: ReadResult, name: string): string {
  return dataText({ app: name.replace(/[^a-z0-9]+/g, '-'), ...result.manifest }, result.because)
}

function findingLines(findings: Finding[]): string[] {
  return findings.map((f) => `${f.at} ${f.level} ${f.code} ${f.message}${f.hint ? ` → ${f.hint}` : ''}`)
}

function reportOfRead(result: ReadResult): string {
  return [
    `# ${renderTotals(tally(result.verdicts))}`,
    '',
    manifestOf(result, 'app'),
    '# ---- verdicts',
    renderVerdicts(result.verdicts, plainLook),
    '',
    '# ---- findings',
    ...findingLines(result.findings),
    '',
    renderSteps(result.steps, plainLook),
    '',
  ].join('\n')
}

function reportOfWrite(written: ExportAnswer): string {
  return [
    `# ${renderTotals(written.totals)}`,
    '',
    ...Object.entries(written.files).flatMap(([name, { text, isExecutable }]) => [
      `# ---- ${name}${isExecutable ? ' (executable)' : ''}`,
      text,
    ]),
    '# ---- verdicts',
    renderVerdicts(written.verdicts, plainLook),
    '',
    '# ---- findings',
    ...findingLines(written.findings),
    '',
    renderSteps(written.steps, plainLook),
    '',
  ].join('\n')
}

/** Leaves that the writer called kept, and that are something else when they are read again. */
function differences(
  path: string,
  written: ExportAnswer,
  back: Record<string, unknown>,
): { at: string; was: unknown; is: unknown }[] {
  const { data } = parseYaml('landfall.yaml', readFileSync(join(path, 'landfall.yaml'), 'utf8'))
  const source = effectiveManifest(data, written.environment, () => '')
  const found: { at: string; was: unknown; is: unknown }[] = []
  const seen = new Set<string>()
  for (const { leaf, value } of leavesOf(source.data, [])) {
    const at = pathText(leaf)
    if (verdictFor(written.verdicts, at)?.type !== 'kept') continue
    const unit = unitOf(leaf)
    const id = pathText(unit)
    if (seen.has(id)) continue
    seen.add(id)
    const was = normal(unit, valueAt(source.data, unit))
    const places = sameAs(unit, back)
    if (value === undefined || places.some((place) => JSON.stringify(normal(unit, valueAt(back, place))) === JSON.stringify(was)))
      continue
    found.push({ at, was, is: places.map((place) => normal(unit, valueAt(back, place))) })
  }
  return found
}

/** A command is compared as a whole, however it is written; so are routes. */
function unitOf(leaf: (string | number)[]): (string | number)[] {
  const at = leaf.findIndex(
    (part, i) => i > 0 && ['run', 'check', 'else', 'test', 'json', 'body'].includes(String(part)) && leaf[0] !== 'env',
  )
  return at > 0 ? leaf.slice(0, at + 1) : leaf
}

/** Where a value may have come back to: variables of the top under a component, routes in another order. */
function sameAs(unit: (string | number)[], back: Record<string, unknown>): (string | number)[][] {
  const [first, second, ...rest] = unit
  const components = Object.keys((back.components ?? {}) as object)
  const names = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value) : [])
  if (first === 'env') return [unit, ...components.map((c) => ['components', c, 'env', String(second), ...rest])]
  if (first === 'components' && rest[0] === 'env') return [unit, ['env', ...rest.slice(1)]]
  if (first === 'routes' || first === 'checks') return names(back[first]).map((i) => [first, Number(i), ...rest])
  if (first === 'components' && rest[0] === 'needs')
    return names(valueAt(back, ['components', String(second), 'needs'])).map((i) => [
      'components',
      String(second),
      'needs',
      Number(i),
    ])
  if (first === 'components' && rest[0] === 'seed')
    return [unit, ['components', String(second), 'tasks', 'seed', ...rest.slice(1)]]
  return [unit]
}

function normal(path: (string | number)[], value: unknown): unknown {
  const isEnv = path[0] === 'env' ? path.length === 2 : path[2] === 'env' && path.length === 4
  if (isEnv && (typeof value !== 'object' || value === null)) return value === undefined ? undefined : { default: String(value) }
  if (isEnv && typeof value === 'object' && value !== null && 'default' in value) return { default: String(value.default) }
  const last = String(path.at(-1))
  if (['run', 'check', 'else', 'test'].includes(last) && typeof value === 'string') {
    const split = splitCommand(value)
    return 'words' in split ? split.words : value
  }
  if (typeof value === 'string' && DURATION.test(value)) return toSeconds(value)
  if (last === 'path' && value === '/') return undefined
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : Array.isArray(value)
      ? value.map(String)
      : value
}

function verdictFor(verdicts: Verdict[], at: string): Verdict | undefined {
  const covers = (path: string) => at === path || at.startsWith(`${path}.`) || at.startsWith(`${path}[`)
  return verdicts.filter((v) => covers(v.path)).toSorted((a, b) => b.path.length - a.path.length)[0]
}

function leavesOf(value: unknown, at: (string | number)[]): { leaf: (string | number)[]; value: unknown }[] {
  if (Array.isArray(value)) return value.flatMap((v, i) => leavesOf(v, [...at, i]))
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([k, v]) => leavesOf(v, [...at, k]))
  return [{ leaf: at, value }]
}

function valueAt(value: unknown, path: (string | number)[]): unknown {
  return path.reduce<unknown>((v, part) => {
    if (typeof v === 'object' && v !== null) return (v as Record<string | number, unknown>)[part]
    // A variable's default may stand for all of it.
    return part === 'default' ? v : undefined
  }, value)
}
