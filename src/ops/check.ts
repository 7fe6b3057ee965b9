import { builders } from '../builders/all.gen.ts'
import { readSource } from '../lib/build/source.ts'
import { isAbsolute, join } from 'node:path'
import { resourceTypes } from '../resources/all.gen.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { expandResources } from './expand.ts'
import { readManifest } from './read-manifest.ts'

/** Everything that can be said of a manifest and its sources without running anything. Needs no daemon. */
export async function check(input: OpInput<'check'>): Promise<OpAnswers['check']> {
  const { app, findings } = await readManifest(input)
  if (!app) return { environment: input.environment, findings }
  const expanded = expandResources(app, resourceTypes)
  const all = [...findings, ...expanded.findings]
  for (const component of app.components) {
    const { source, build, name } = component
    if (source.type !== 'folder') continue
    const path = isAbsolute(source.path) ? source.path : join(input.folder, source.path)
    const builder = builders[build.builder]
    if (!builder) continue
    const { files } = await readSource(path)
    all.push(...builder.check(files, build).map((f) => ({ ...f, at: f.at.includes(':') ? f.at : `components.${name}: ${f.at}` })))
  }
  return { app: app.name, environment: app.environment.name, findings: all }
}
