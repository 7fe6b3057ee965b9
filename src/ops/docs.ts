import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { stringify } from 'yaml'
import type { Cite } from '../guide/blocks.ts'
import type { Facts, GuideInput, Platform, Proof } from '../guide/guide-input.ts'
import { quoted } from '../guide/value-text.ts'
import { writeGuide } from '../guide/write-guide.ts'
import { writeAtomic } from '../lib/atomic.ts'
import { LandfallError } from '../lib/error.ts'
import { findManifest } from '../manifest/find.ts'
import type { Component } from '../model/app.ts'
import type { ManualStep } from '../model/target.ts'
import { targets } from '../targets/all.gen.ts'
import { type ExportAnswer, exportApp } from './export.ts'
import { exportAll, type OneExport } from './export-all.ts'
import { hasExportsFile } from './exports-file.ts'
import { type ManifestComments, manifestComments } from './manifest-comments.ts'
import { firstError, readManifest, type Where } from './read-manifest.ts'
import { compareExport } from './write-export.ts'

export interface DocsInput extends Where {
  /** Absolute. */
  out: string
  /** Platforms with a page of their own; those that landfall.exports.yaml lists, else those whose files lie in the folder, where absent. */
  platforms?: string[]
  /** Somebody ran the app on this platform: kept with the guide. */
  proved?: { platform: string; what: string }
  /** `2026-11-21`. */
  today: string
}
export interface DocsAnswer {
  app: string
  environment: string
  out: string
  /** `gone`: a page that the guide no longer has. */
  files: { path: string; state: 'new' | 'same' | 'changed' | 'gone' }[]
  platforms: string[]
  texts: Record<string, string>
}

const FACTS = 'facts.json'

/** The deployment guide of a folder's manifest, as texts; nothing is written yet. */
export async function docs(input: DocsInput): Promise<DocsAnswer> {
  const read = await readManifest(input, true)
  const { app, manifest } = read
  if (!app) throw firstError(read.findings)
  const before = provedIn(factsIn(input.out), input)
  const platforms = await platformsOf(input, before?.proofs ?? {})
  const comments = commentsIn(input)
  const parts = [...app.components.map((c) => `components.${c.name}`), ...app.resources.map((r) => `resources.${r.name}`)]
  const reasons = parts.map(
    (part) => [part, comments.within(part.slice(part.indexOf('.') + 1), citeOf(read.locate(part))?.line ?? 0)] as const,
  )
  const guide: GuideInput = {
    app,
    ...(comments.about !== undefined && { about: comments.about }),
    reasons: Object.fromEntries(reasons),
    folder: input.folder,
    cite: (path) => citeOf(read.locate(path)),
    environments: await environmentsOf(input, Object.keys(manifest?.environments ?? {}), manifest?.environments ?? {}),
    platforms,
    builds: Object.fromEntries(app.components.map((c) => [c.name, buildText(c)])),
    ...(before && { before }),
  }
  const up = `${relative(input.out, input.folder).split(sep).join('/') || '.'}/`
  const texts = writeGuide(guide, up)
  return {
    app: app.name,
    environment: app.environment.name,
    out: input.out,
    files: compare(texts, input.out),
    platforms: platforms.map((p) => p.name),
    texts,
  }
}

/** A manifest that is a program has its reasons where programs have them. */
function commentsIn({ folder, config }: Where): ManifestComments {
  const { content } = findManifest(folder, config)
  return manifestComments(content.type === 'yaml' ? content.text : '')
}

/** Writes what differs, and removes pages that the guide no longer has. */
export function writeDocs({ texts, files, out }: DocsAnswer): void {
  mkdirSync(out, { recursive: true })
  for (const { path, state } of files) {
    if (state === 'gone') rmSync(join(out, path))
    else if (state !== 'same') writeAtomic(join(out, path), texts[path] ?? '', 0o644)
  }
}

function compare(texts: Record<string, string>, out: string): DocsAnswer['files'] {
  const there = existsSync(out) ? readdirSync(out) : []
  // Only what a guide writes: whatever else lies in the folder is somebody's own.
  const isOurs = (name: string) => existsSync(join(out, FACTS)) && /^(platform-[a-z0-9-]+\.md|level-\d\.svg)$/.test(name)
  const gone = there.filter((name) => !Object.hasOwn(texts, name) && isOurs(name))
  return [
    ...Object.entries(texts).map(([path, text]) => {
      const now = there.includes(path) ? readFileSync(join(out, path), 'utf8') : undefined
      return { path, state: now === undefined ? ('new' as const) : now === text ? ('same' as const) : ('changed' as const) }
    }),
    ...gone.map((path) => ({ path, state: 'gone' as const })),
  ]
}

/** Facts of the guide that stands there. One that cannot be read is a mistake of somebody's hand, not a reason to forget what was proven. */
function factsIn(out: string): Facts | undefined {
  const file = join(out, FACTS)
  if (!existsSync(file)) return undefined
  try {
    const { facts, changes, proofs } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Facts> // Our own file; its parts are looked at below.
    if (typeof facts === 'object' && Array.isArray(changes)) return { facts, changes, proofs: proofs ?? {} }
  } catch {
    // Told below, with what to do.
  }
  throw new LandfallError({
    code: 'E_SYNTAX',
    at: file,
    message: 'the facts of the last guide cannot be read',
    hint: `git checkout -- ${quoted(file)}, or remove it to begin anew`,
  })
}

function provedIn(before: Facts | undefined, { proved, today }: DocsInput): Facts | undefined {
  if (!proved) return before
  if (!Object.hasOwn(targets, proved.platform)) throw unknown(proved.platform)
  const proof: Proof = { on: today, what: proved.what }
  return { facts: before?.facts ?? {}, changes: before?.changes ?? [], proofs: { ...before?.proofs, [proved.platform]: proof } }
}

async function platformsOf(input: DocsInput, proofs: Record<string, Proof>): Promise<Platform[]> {
  const platforms: Platform[] = []
  const { folder, config, environment, today } = input
  const listed = hasExportsFile(folder) ? await exportAll({ folder, ...(config !== undefined && { config }), today }) : []
  for (const name of input.platforms ?? []) if (!targets[name]?.write) throw unknown(name)
  for (const target of Object.values(targets).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!target.write || (input.platforms && !input.platforms.includes(target.name))) continue
    const kept = listed.filter((one) => one.line.target === target.name)
    if (kept.length > 0) {
      platforms.push(platformOf(together(kept), kept.flatMap(presentIn), proofs[target.name], true))
      continue
    }
    // Where a list says what is kept, a file of the same name is not another platform's.
    if (listed.length > 0 && !input.platforms && !proofs[target.name]) continue
    const answer = await exportApp({ folder, config, environment, target: target.name, today })
    const states = compareExport(answer, folder)
    const present = states.filter((s) => s.state !== 'new').map((s) => s.path)
    if (!input.platforms && present.length === 0 && !proofs[target.name]) continue
    platforms.push(platformOf(answer, present, proofs[target.name]))
  }
  return platforms
}

/** Where the files of a listed export are, from the manifest's folder. */
const placeIn = ({ line }: OneExport, path: string) => posix.join(line.out, path)

function presentIn(one: OneExport): string[] {
  return compareExport(one.answer, one.out).flatMap((s) => (s.state === 'new' ? [] : [placeIn(one, s.path)]))
}

/** A list may have several exports of one platform: its page has the report of the first, and the files of all. */
function together(all: OneExport[]): ExportAnswer {
  const files = all.flatMap((one) => Object.entries(one.answer.files).map(([path, file]) => [placeIn(one, path), file] as const))
  return { ...all[0]!.answer, files: Object.fromEntries(files), steps: all.flatMap((one) => one.answer.steps) }
}

/** As far as the manifest says it. */
function buildText({ build }: Component): string {
  const { builder, options } = build
  const runtime = options.runtime === undefined ? '' : ` ${options.runtime}`
  const words = [builder === '' ? 'found out from its files' : `${builder}${runtime}`, options.command?.map(quoted).join(' ')]
  return words.filter((w) => w !== undefined).join(', ')
}

function platformOf(answer: ExportAnswer, present: string[], proof: Proof | undefined, isListed = false): Platform {
  const { verdicts, findings, totals } = answer
  const lost = verdicts.flatMap((v) => (v.type === 'lost' ? [v] : []))
  const gone = new Set(lost.map((v) => /^components\.([^.[]+)(\.type)?$/.exec(v.path)?.[1]))
  const names = [...new Set(verdicts.flatMap((v) => /^components\.([^.[]+)/.exec(v.path)?.[1] ?? []))]
  return {
    name: answer.target,
    title: answer.title,
    files: Object.keys(answer.files).sort(),
    command: isListed ? 'landfall export' : `landfall export ${answer.target}`,
    present,
    steps: answer.steps.flatMap(stepLines),
    kept: totals.kept,
    changed: verdicts.flatMap((v) => (v.type === 'changed' ? [{ what: v.path, how: v.how }] : [])),
    lost: lost.map((v) => ({ what: v.path, why: v.why, ...(v.hint !== undefined && { instead: v.hint }) })),
    remarks: findings
      .filter((f) => f.code !== 'W_NOT_CARRIED')
      .map((f) => ({ message: f.message, ...(f.hint !== undefined && { hint: f.hint }) })),
    carries: names.filter((n) => !gone.has(n)),
    ...(proof && { proof }),
  }
}

function stepLines(step: ManualStep): Platform['steps'] {
  return [{ title: step.title, ...(step.text !== undefined && { text: step.text }), commands: step.commands ?? [] }]
}

/** The other environments, each with what the manifest says only of it. */
async function environmentsOf(
  where: Where,
  names: string[],
  written: Record<string, unknown>,
): Promise<GuideInput['environments']> {
  const found: GuideInput['environments'] = []
  for (const name of names) {
    const { app } = await readManifest({ ...where, environment: name })
    if (!app) continue
    const { protect: _protect, hosts, ...rest } = (written[name] ?? {}) as Record<string, unknown> // It passed the manifest's schema.
    found.push({ name, isProtected: app.environment.isProtected, routes: app.routes, differs: differences(rest, hosts) })
  }
  return found
}

function differences(rest: Record<string, unknown>, hosts: unknown): string[] {
  const lines = Object.entries(rest).flatMap(([key, value]) =>
    Object.entries((value ?? {}) as object).map(
      ([name, of]) => `${key}.${name}: ${stringify(of, { collectionStyle: 'flow', lineWidth: 0 }).trim()}`,
    ),
  )
  return [...(hosts === undefined ? [] : ['hosts']), ...lines]
}

function citeOf(place: string): Cite | undefined {
  const [, file, line] = /^(.+?):(\d+)(?::\d+)?$/.exec(place) ?? []
  return file && line ? { file, line: Number(line) } : undefined
}

function unknown(name: string): LandfallError {
  const known = Object.values(targets).filter((t) => t.write)
  return new LandfallError({
    code: 'E_TARGET',
    message: `there is no platform ${name} to write for`,
    hint: `there are: ${known.map((t) => t.name).join(', ')}`,
  })
}
