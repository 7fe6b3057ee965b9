import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { builders } from '../builders/all.gen.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import { showBare } from '../lib/show.ts'
import { besideOf, manifestsIn } from '../manifest/find.ts'
import { loadManifest } from '../manifest/load.ts'
import { guessApp } from '../manifest/write/guess-app.ts'
import { type Found, type Guess, missing } from '../manifest/write/guess-types.ts'
import { manifestText } from '../manifest/write/manifest-text.ts'
import { readFolder } from '../manifest/write/read-folder.ts'
import type { Finding } from '../model/finding.ts'
import { resourceTypes } from '../resources/all.gen.ts'

export interface InitAnswer {
  /** The manifest; empty where nothing says how the app is run. */
  text: string
  /** With an error among them there is nothing to write. */
  findings: Finding[]
  /** What was found, one sentence each. */
  guesses: string[]
}
const NAME = 'landfall.yaml'

/** What a folder holds, as a first manifest. Reads, and changes nothing. */
export async function inspectFolder(folder: string): Promise<InitAnswer> {
  refuseSecond(folder)
  const { files, localNames, notes } = readFolder(folder)
  const found: Found[] = Object.entries(builders).flatMap(([builder, { detect }]) =>
    detect(files).map((d) => ({ ...d, builder })),
  )
  const guess = guessApp({ folderName: basename(resolve(folder)), files, found, localNames })
  if (guess.components.length === 0) {
    return { text: '', findings: [nothingFound(folder), ...guess.findings, ...notes], guesses: [] }
  }
  const odd = dropWhatIsNotHere(guess)
  const text = manifestText(guess)
  return { text, findings: [...odd, ...guess.findings, ...notes, ...check(text, folder)], guesses: guessesOf(guess) }
}

/** Writes the first manifest of a folder, never over another one; gives its path. */
export function writeFirstManifest(folder: string, text: string): string {
  refuseSecond(folder)
  const path = join(folder, NAME)
  let file: number
  try {
    file = openSync(path, 'wx', 0o644)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw exists(folder, NAME)
    throw new LandfallError({ code: 'E_UNWRITABLE', message: `${path} cannot be written: ${codeOf(error)}`, cause: error })
  }
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return path
}

function refuseSecond(folder: string): void {
  const [there] = manifestsIn(folder)
  if (there !== undefined) throw exists(folder, there)
}

function exists(folder: string, name: string): LandfallError {
  const message = `${showBare(join(folder, name))} is there already`
  return new LandfallError({ code: 'E_EXISTS', message, at: name, hint: '`landfall check` looks at it' })
}

function nothingFound(folder: string): Finding {
  const looked = 'package.json with something to start, requirements.txt, pyproject.toml, Pipfile, Procfile or index.html'
  return {
    level: 'error',
    code: 'E_INIT_NOTHING',
    at: '.',
    message: `nothing in ${showBare(folder)} says how an app is run: no ${looked}`,
    hint: 'write landfall.yaml by hand: app: shop, components: { web: { type: web, run: ./server } }',
  }
}

/** Options that a resource's type refuses, such as a version of long ago, are left to its default. */
function dropWhatIsNotHere(guess: Guess): Finding[] {
  return guess.resources.flatMap((resource) => {
    const wrong = resourceTypes[resource.type]?.check(resource).filter((f) => f.level === 'error') ?? []
    if (wrong.length > 0) resource.options = {}
    return wrong.map((f) => missing(`resources.${resource.name}`, `${resource.because}, and ${f.message}`, f.hint))
  })
}

/** As `landfall check` will see it. */
function check(text: string, folder: string): Finding[] {
  return loadManifest({
    files: { name: NAME, content: { type: 'yaml', text }, beside: besideOf(folder) },
    environment: 'local',
    folder: resolve(folder),
    outputs: (type) => resourceTypes[type]?.outputs,
    builders: Object.keys(builders),
  }).findings
}

function guessesOf({ components, resources, variables }: Guess): string[] {
  const names = variables.map((v) => v.name)
  return [
    ...components.map((c) => `${c.name} (${c.type}): ${c.because.join('; ')}`),
    ...resources.map((r) => `${r.name} (${r.type}): ${r.because}`),
    ...(names.length > 0
      ? [`env: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ` and ${names.length - 12} more` : ''}`]
      : []),
  ]
}
