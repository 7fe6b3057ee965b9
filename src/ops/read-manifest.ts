import { builders } from '../builders/all.gen.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import { findManifest } from '../manifest/find.ts'
import { type Loaded, loadManifest } from '../manifest/load.ts'
import type { Finding } from '../model/finding.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import type { Store } from '../store/store.ts'

export interface Where {
  folder: string
  config?: unknown
  environment: string
}

/** The manifest of a folder, resolved for the environment, or what is wrong with it. `isExport`: for somewhere else. */
export async function readManifest({ folder, config, environment }: Where, isExport = false): Promise<Loaded> {
  return loadManifest({
    files: findManifest(folder, config),
    environment,
    folder,
    outputs: (type) => resourceTypes[type]?.outputs,
    builders: Object.keys(builders),
    ...(isExport && { anyEngine: true }),
  })
}

/** Findings of those who know only manifest paths, with the line where that is written. */
export function located(findings: Finding[], locate: Loaded['locate']): Finding[] {
  return findings.map((f) =>
    /^(resources|components|env|environments|groups|routes|checks)\b/.test(f.at) ? { ...f, at: locate(f.at) } : f,
  )
}

/** The app that a folder is: by its manifest, or, where that is broken or gone, by what was deployed from there. */
export async function appNameOf(where: Where, store: Store): Promise<string> {
  let problem: unknown
  try {
    const { app, findings } = await readManifest(where)
    if (app) return app.name
    problem = firstError(findings)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    problem = error
  }
  const known = store.releases.apps().find((a) => a.folder === where.folder)
  if (known) return known.app
  throw problem
}

export async function isProtected(where: Where, store: Store): Promise<boolean> {
  try {
    const { app } = await readManifest(where)
    if (app) return app.environment.isProtected
  } catch (error) {
    if (codeOf(error) === undefined) throw error
  }
  // A manifest that cannot be read protects nothing by accident: an environment that was deployed stays as careful as `production`.
  return (
    store.releases.apps().some((a) => a.folder === where.folder && a.environment === where.environment) &&
    where.environment !== 'local'
  )
}

/** All errors as one that stops the work. */
export function firstError(findings: Finding[]): LandfallError {
  const errors = findings.filter((f) => f.level === 'error')
  const [first] = errors
  const isOne = errors.length === 1 && first !== undefined
  return new LandfallError({
    code: isOne ? first.code : 'E_FINDINGS',
    message: isOne ? first.message : `${errors.length} things are wrong; nothing was done`,
    ...(first && { at: first.at }),
    ...(errors.length > 1 && { detail: errors.map((f) => `${f.at}: ${f.message}`).join('\n') }),
    hint: first?.hint ?? 'landfall check',
  })
}
