import { LandfallError } from '../lib/error.ts'
import { splitPath } from '../manifest/places.ts'
import type { App, Component } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { Recipe, RuntimeWish, SourceFiles } from '../model/plug.ts'
import type { Target, Verdict, WriteContext, Written } from '../model/target.ts'
import { countLeaves, Ledger, type Source, unmarkedFindings } from './ledger.ts'

export interface WriteResult extends Written {
  target: string
  verdicts: Verdict[]
  findings: Finding[]
  /** Of the manifest: as many as the verdicts speak for. */
  leaves: number
}
export interface WriteInput {
  app: App
  /** The manifest as it stands for the app's environment: `effectiveManifest`. */
  manifest: Source
  project?: string
  out?: string
  folder(component: Component): string
  files(component: Component): SourceFiles
  recipe(component: Component): Recipe | undefined
  runtimes(component: Component): RuntimeWish[]
  options?: Record<string, string>
  today: string
}

/** Lets a target write, and adds up what became of every leaf of the manifest. Nothing reaches a disk. */
export async function runWriter(target: Target, input: WriteInput): Promise<WriteResult> {
  const { write } = target
  if (!write) throw new LandfallError({ code: 'E_TARGET', message: `files of ${target.title} cannot be written` })
  const { app, options = {} } = input
  for (const name of Object.keys(options)) {
    if (target.options && Object.hasOwn(target.options, name)) continue
    const known = Object.keys(target.options ?? {})
    const hint = known.length > 0 ? `there are: ${known.join(', ')}` : `${target.title} has none`
    throw new LandfallError({ code: 'E_USAGE', message: `${target.name} has no option ${name}`, hint })
  }
  const ledger = new Ledger(input.manifest)
  const findings: Finding[] = []
  const root = ledger.root()
  const context: WriteContext = {
    manifest: root,
    of: (component) => root.get('components', component),
    variable(component, name) {
      const own = root.get('components', component, 'env', name)
      const entry = app.contract.find((e) => e.name === name && e.components.includes(component))
      // What an environment says of a variable stands at the top of the manifest that is written.
      return own.isThere || !entry ? own : root.get(...splitPath(entry.at.replace(/^environments\.[^.]+\./, '')))
    },
    project: input.project ?? '.',
    out: input.out ?? '.',
    folder: input.folder,
    files: input.files,
    recipe: input.recipe,
    runtimes: input.runtimes,
    options,
    today: input.today,
    finding: (finding) => void findings.push(finding),
  }
  const written = await write(app, context)
  // What names the format itself is in no other format's files.
  root.get('landfall').kept()
  const verdicts = ledger.verdicts()
  return {
    ...written,
    target: target.name,
    verdicts,
    leaves: countLeaves(input.manifest.data),
    findings: [...findings, ...ledger.findings, ...unmarkedFindings(verdicts)],
  }
}
