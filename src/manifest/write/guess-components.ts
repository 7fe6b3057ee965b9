import { posix } from 'node:path'
import { PORT, readProcfile, wordsOf } from '../../lib/build/read-procfile.ts'
import type { Finding } from '../../model/finding.ts'
import type { SourceFiles } from '../../model/plug.ts'
import { guessHealth } from './guess-health.ts'
import { guessMigration, guessSeed } from './guess-release.ts'
import { type Found, type GuessedComponent, type Look, missing, nameFrom } from './guess-types.ts'

/** What runs: what builders found, what a Procfile starts, and what both say about releases. */
export function guessComponents(look: Look): { components: GuessedComponent[]; findings: Finding[] } {
  const findings: Finding[] = []
  const components: GuessedComponent[] = look.found.map((one) => {
    for (const message of one.missing) findings.push(missing(one.folder, message))
    return fromFound(one)
  })
  for (const file of [...look.files.names].filter((n) => posix.basename(n) === 'Procfile').sort()) {
    addProcfile(look.files, file, components)
  }
  giveNames(components)
  for (const component of components) describe(look.files, component, components)
  return { components, findings }
}

function fromFound({ folder, builder, component, because }: Found): GuessedComponent {
  return {
    name: folder === '.' ? '' : component.name,
    type: component.type,
    folder,
    builder,
    ...(component.run && { run: forShell(component.run) }),
    ...(component.options.output !== undefined && { output: component.options.output }),
    ...(component.port !== undefined && { port: component.port }),
    release: [],
    mounts: {},
    because: [...because],
  }
}

/** `web` says how the web component starts; `release` is a step of each release; every other line is a worker. */
function addProcfile(files: SourceFiles, file: string, components: GuessedComponent[]): void {
  const folder = posix.dirname(file)
  const here = components.filter((c) => c.folder === folder)
  for (const [process, line] of Object.entries(readProcfile(files.text(file)))) {
    const words = wordsOf(line)
    // Only instances have a port that we could put in.
    const run = words && !(process === 'release' && words.some((w) => w.includes(PORT))) ? words : shellLine(line)
    const because = `${file}: ${process}: ${line}`
    if (here.some((c) => c.because.includes(because))) continue
    if (process === 'release') {
      const first = here.find((c) => c.type === 'web') ?? here[0]
      first?.release.push({ run, because })
    } else if (process === 'web') {
      const web = here.find((c) => c.type !== 'static')
      if (web) Object.assign(web, { type: 'web', run, because: [...web.because, because] })
      else components.push(one('web', folder, run, because))
    } else components.push({ ...one('worker', folder, run, because), name: nameFrom(process, 'worker') })
  }
}

/** With `exec` signals reach the program; several commands need the shell to stay. */
function shellLine(line: string): string[] {
  return forShell(['sh', '-c', /[;|&]/.test(line) ? line : `exec ${line}`])
}

/** What is for the shell to put in must not be for us: `$PORT`, and `$${…}`, which is `${…}` once it was read. */
function forShell(words: string[]): string[] {
  if (words[0] !== 'sh' || words[1] !== '-c') return words
  return words.map((w) => w.replace(/\$\{PORT(?::-[^}]*)?\}/g, '$PORT').replace(/\$(?=[{$])/g, '$$$$'))
}

function one(type: 'web' | 'worker', folder: string, run: string[], because: string): GuessedComponent {
  return { name: '', type, folder, run, release: [], mounts: {}, because: [because] }
}

/** What stands at the root is called after what it is; two of a name are told apart. */
function giveNames(components: GuessedComponent[]): void {
  const taken = new Set<string>()
  const usual = { web: 'web', worker: 'worker', job: 'job', static: 'site', cron: 'cron', artifact: 'artifact' }
  for (const component of components) {
    const wish = nameFrom(
      component.name || (component.folder === '.' ? '' : posix.basename(component.folder)),
      usual[component.type],
    )
    let name = wish
    for (let i = 2; taken.has(name); i++) name = `${wish.slice(0, 36)}-${i}`
    taken.add(name)
    component.name = name
  }
}

function describe(files: SourceFiles, component: GuessedComponent, all: GuessedComponent[]): void {
  const { folder } = component
  if (component.type === 'web') {
    const health = guessHealth(files, folder)
    if (health) {
      component.health = health.path
      component.because.push(`${health.file} names ${health.path}`)
    }
  }
  if (component.type === 'static') component.spa = isSinglePage(files, folder)
  const isFirst = all.find((c) => c.folder === folder && c.type !== 'static') === component
  if (!isFirst) return
  const migration = component.release.length === 0 ? guessMigration(files, folder) : undefined
  if (migration) component.release.push(migration)
  const seed = guessSeed(files, folder)
  if (seed) component.seed = seed
}

/** A router in the browser, whose addresses are no files. */
function isSinglePage(files: SourceFiles, folder: string): boolean {
  const text = files.text(posix.join(folder, 'package.json')) ?? ''
  return /"(?:react-router-dom|react-router|vue-router|@tanstack\/react-router|@solidjs\/router|wouter|@angular\/router)"/.test(
    text,
  )
}
