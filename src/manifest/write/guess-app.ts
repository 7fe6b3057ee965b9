import { posix } from 'node:path'
import { readPackage } from '../../lib/build/workspaces.ts'
import type { Finding } from '../../model/finding.ts'
import { guessComponents } from './guess-components.ts'
import { guessResources } from './guess-resources.ts'
import { guessRoutes } from './guess-routes.ts'
import { type Guess, type GuessedComponent, type GuessedResource, type Look, missing, nameFrom } from './guess-types.ts'
import { guessVariables, type Named } from './guess-variables.ts'
import { namesInCode } from './names-in-code.ts'
import { type Compose, readCompose } from './read-compose.ts'
import { readEnvExample } from './read-env-example.ts'

const EXAMPLES = /^\.?env\.(?:example|sample|template|dist|defaults)$|^\.env-(?:example|sample)$|^example\.env$|^sample\.env$/

/** Everything that a folder's files say about how its app is run. Pure: the same files, the same guess. */
export function guessApp(look: Look): Guess {
  const { files } = look
  const app = nameFrom(String(readPackage(files, '.')?.name ?? ''), nameFrom(look.folderName, 'app'))
  const { components, findings } = guessComponents(look)
  const compose = readCompose(files)
  const named = namedVariables(look, components, compose)
  const found = guessResources(
    files,
    components,
    compose,
    named.map((n) => n.value),
  )
  const resources = [...found.resources, ...addVolumes(compose, components, found.findings)]
  const { variables, findings: open } = guessVariables(named, components, resources)
  return {
    app,
    components,
    resources,
    variables,
    routes: guessRoutes(app, components, files),
    findings: [
      ...findings,
      ...unexplained(files, components),
      ...unbuilt(files, components, compose),
      ...found.findings,
      ...open,
    ],
  }
}

/** Names and example values: of examples first, which were written to be read, then of compose files, of somebody's own `.env`, of code. */
function namedVariables(look: Look, components: GuessedComponent[], compose: Compose | undefined): Named[] {
  const { files } = look
  const named: Named[] = []
  const inFolder = (path: string) => ownerOf(posix.dirname(path), components)
  for (const file of [...files.names].filter((n) => EXAMPLES.test(posix.basename(n)) && depthOf(n) <= 3).sort()) {
    const owner = inFolder(file)
    for (const line of readEnvExample(files.text(file) ?? '')) named.push({ ...line, file, ...(owner && { component: owner }) })
  }
  for (const service of compose?.services ?? []) {
    if (service.build === undefined || compose === undefined) continue
    const owner = ownerOf(service.build, components)
    for (const [name, value] of Object.entries(service.environment))
      named.push({ name, value, file: compose.file, ...(owner && { component: owner }) })
  }
  for (const [file, names] of Object.entries(look.localNames)) {
    const owner = inFolder(file)
    for (const name of names) {
      // What an example says at another level is the same variable.
      if (!named.some((n) => n.name === name))
        named.push({ name, value: '', file, isNameOnly: true, ...(owner && { component: owner }) })
    }
  }
  for (const { folder } of components) {
    const owner = ownerOf(folder, components)
    for (const [name, file] of namesInCode(files, folder)) {
      if (!named.some((n) => n.name === name))
        named.push({ name, value: '', file, isOnlyRead: true, ...(owner && { component: owner }) })
    }
  }
  return named
}

/** The one component of a folder; none where the whole app shares it. */
function ownerOf(folder: string, components: GuessedComponent[]): string | undefined {
  const inside = components.filter((c) => c.folder === folder)
  return components.length > 1 && folder !== '.' && inside.length === 1 ? inside[0]?.name : undefined
}

function depthOf(path: string): number {
  return path.split('/').length
}

/** Named volumes of services that are built: files that outlive a release. */
function addVolumes(compose: Compose | undefined, components: GuessedComponent[], findings: Finding[]): GuessedResource[] {
  const volumes: GuessedResource[] = []
  for (const service of compose?.services ?? []) {
    if (service.build === undefined) continue
    const owner = components.find((c) => c.folder === service.build && c.type !== 'static')
    for (const [volume, path] of Object.entries(service.volumes)) {
      const name = nameFrom(volume, 'data')
      if (!owner)
        findings.push(
          missing(compose?.file ?? '', `${service.name} keeps files in ${volume}, and nothing was found that could mount it`),
        )
      if (!owner || components.some((c) => c.name === name)) continue
      // Images put the app at one of these; here the component's own folder is in their place.
      owner.mounts[name] = path.replace(/^\/(?:app|code|srv\/app|usr\/src\/app|home\/node\/app|workspace)\/(?=.)/, '')
      const other = volumes.find((v) => v.name === name)
      if (other) other.options = { writers: 'many' }
      else
        volumes.push({
          name,
          type: 'volume',
          options: {},
          because: `${compose?.file}: ${service.name} mounts ${volume} at ${path}`,
        })
    }
  }
  return volumes
}

/** What a Dockerfile builds and nothing else explains. */
function unbuilt(files: Look['files'], components: GuessedComponent[], compose: Compose | undefined): Finding[] {
  const folders = new Set([...files.names].filter((n) => posix.basename(n) === 'Dockerfile').map((n) => posix.dirname(n)))
  for (const service of compose?.services ?? []) if (service.build !== undefined) folders.add(service.build)
  return [...folders].sort().flatMap((folder) => {
    if (components.some((c) => c.folder === folder || c.folder.startsWith(`${folder === '.' ? '' : `${folder}/`}`))) return []
    const hint = 'name what builds and runs it: build: { type: command, command: make }, run: ./server'
    return [
      missing(
        folder,
        `${folder === '.' ? 'this folder' : folder} is built by a Dockerfile, and its files do not say how without one`,
        hint,
      ),
    ]
  })
}

/** Packages that are built, of which nobody knows what for. */
function unexplained(files: Look['files'], components: GuessedComponent[]): Finding[] {
  const folders = [...files.names].filter((n) => posix.basename(n) === 'package.json').map((n) => posix.dirname(n))
  return folders.sort().flatMap((folder) => {
    const json = readPackage(files, folder)
    const isRoot = folder === '.' && folders.length > 1
    const isLibrary = json?.main !== undefined || json?.exports !== undefined || json?.types !== undefined
    if (isRoot || isLibrary || json?.scripts?.build === undefined || components.some((c) => c.folder === folder)) return []
    const hint = `if it is a site: { type: static, source: ${folder}, build: { output: dist } }`
    return [
      missing(
        folder,
        `${posix.join(folder, 'package.json')} has a build script, and nothing says what is done with what it makes`,
        hint,
      ),
    ]
  })
}
