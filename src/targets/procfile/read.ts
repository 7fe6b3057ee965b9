import type { Entry, Read, ReadContext } from '../../model/target.ts'
import { commandOfLine, commandsOfLine } from '../../translate/shell-line.ts'
import { readAppJson } from './read-app-json.ts'
import { componentOf, mainOf, type Reading } from './reading.ts'

/** Components of a Procfile, and what app.json says of them and of what they lean on. */
export async function read(context: ReadContext): Promise<Read> {
  const reading: Reading = { context, manifest: { components: {} }, because: {}, names: new Map(), asked: new Set(), steps: [] }
  const { manifest, because, steps } = reading
  if (context.found.includes('Procfile')) readProcfile(reading)
  if (context.found.includes('app.json') && isOurs(context.files.text('app.json') ?? '')) {
    const [root] = context.open('app.json', 'json')
    if (root?.value !== undefined) readAppJson(reading, root)
  }
  const asked = [...reading.asked].sort()
  if (asked.length > 0)
    steps.unshift({ title: 'set the values that stay out of the manifest', commands: asked.map((n) => `landfall env set ${n}`) })
  const { components, ...rest } = manifest
  return { manifest: Object.keys(components).length > 0 ? manifest : rest, because, steps }
}

/** Expo, React Native and others have an app.json too. */
function isOurs(text: string): boolean {
  return (
    /"(formation|addons|buildpacks|cron|healthchecks|stack|success_url|scripts|env)"\s*:/.test(text) &&
    !/"(expo|displayName)"\s*:/.test(text)
  )
}

function readProcfile(reading: Reading): void {
  const { context } = reading
  const text = context.files.text('Procfile')
  if (text === undefined) {
    context.finding({
      level: 'error',
      code: 'E_UNREADABLE',
      at: 'Procfile',
      message: 'Procfile is not a file that can be read here',
    })
    return
  }
  const lines = new Map<string, { line: number; command: string }>()
  for (const [i, said] of text.split(/\r?\n/).entries()) {
    const [, name, command] = /^([A-Za-z0-9_-]+):\s*(\S.*)$/.exec(said.trimEnd()) ?? []
    const odd = (message: string) =>
      context.finding({ level: 'warning', code: 'W_PROCFILE_LINE', at: `Procfile:${i + 1}`, message, hint: '<name>: <command>' })
    if (name === undefined || command === undefined) {
      if (!/^\s*(#|$)/.test(said)) odd('this line is no process type with a command')
    } else if (lines.has(name)) odd(`${name} stands in line ${lines.get(name)?.line} too`)
    else lines.set(name, { line: i + 1, command })
  }
  const data = Object.fromEntries([...lines].map(([name, { command }]) => [name, command]))
  const root = context.opened('Procfile', data, ([name]) => ({ line: lines.get(String(name))?.line ?? 1, column: 1 }))
  for (const entry of root.entries()) if (entry.key !== 'release') readProcess(reading, entry)
  const release = root.get('release')
  const main = mainOf(reading)
  if (main && release.isThere) {
    const steps = commandsOfLine(release.text() ?? '')
    main.release = steps
    if (steps.length === 1 && typeof steps[0] === 'string') release.kept('release')
    else if (steps.length === 1) release.changed('a step of the release, through a shell')
    else release.changed('steps of the release, one after the other')
  } else release.lost('nothing runs, so nothing is released', 'add a line for web')
}

/** Process types that are there to be one: two of them would do everything twice. */
const ONE = /^(clock|scheduler|cron|beat|celerybeat|heartbeat)$/i

function readProcess(reading: Reading, entry: Entry): void {
  const { run, isShell } = commandOfLine(entry.text() ?? '')
  const component = componentOf(reading, entry.key, 'Procfile')
  component.run = run
  if (isShell)
    entry.changed(
      'started through a shell: there is something in it that only a shell can do',
      'write it as words, where it can be',
    )
  else entry.kept('run')
  if (component.type === 'web') component.port = 8080
  if (!ONE.test(entry.key)) return
  component.scale = { max: 1, because: 'two of it would do everything twice' }
  entry.finding(
    'changed',
    'W_ONE_CLOCK',
    `${entry.key} starts others on time: it is held to one instance`,
    'a component of type cron per schedule needs no process that waits',
  )
}
