import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import tab, { type Complete } from '@bomb.sh/tab'
import { parseDocument } from 'yaml'
import { call } from '../daemon/client.ts'
import type { CommandSpec } from './command.ts'
import { commands } from './commands.ts'

type Base = { home: string; version: string }

/** Answers the shell's scripts: `complete -- up we` gives what may stand there, one line each. Never starts anything. */
export async function complete(argv: string[], { home }: Base): Promise<void> {
  const words = joinAssignments(argv[0] === '--' ? argv.slice(1) : argv)
  const typed = words.at(-1) ?? ''
  const names = namesIn(folderOf(words))
  const runs = /^(attach|resume|cancel)$/.test(words[0] ?? '') ? await runsOf(home) : []
  const offer = (list: [string, string][]) => (say: Complete) => {
    for (const [value, about] of list) say(value, about)
  }
  const plain = (list: string[], about: string) => offer(list.map((value) => [value, about]))
  const forArgument: Record<string, (say: Complete) => void> = {
    components: plain(names.components, 'component'),
    component: plain(names.components, 'component'),
    task: plain(names.tasks, 'task'),
    run: offer(runs),
    names: plain(names.variables, 'variable'),
    assignments: plain(names.variables, 'variable'),
    host: plain(names.hosts, 'host'),
    shell: plain(['bash', 'zsh', 'fish'], 'shell'),
    folder: plain(foldersBeside(typed), 'folder'),
  }
  const forOption: Record<string, (say: Complete) => void> = {
    env: plain(names.environments, 'environment'),
    folder: plain(foldersBeside(typed), 'folder'),
    since: plain(['10m', '1h', '1d'], 'ago'),
  }
  // Known by itself, so that `env set` is found word by word.
  tab.command('env', 'the environment contract')
  for (const spec of commands) declare(spec, forArgument, forOption)
  tab.parse(words)
}

/** bash takes `--env=staging` for three words. */
function joinAssignments(words: string[]): string[] {
  const joined: string[] = []
  for (const word of words) {
    const last = joined.at(-1)
    if (last?.startsWith('--') && (word === '=' || last.endsWith('='))) joined[joined.length - 1] = last + word
    else joined.push(word)
  }
  return joined
}

function declare(spec: CommandSpec, forArgument: Record<string, (say: Complete) => void>, forOption: typeof forArgument): void {
  const command = tab.command(spec.name, spec.about)
  for (const [, name = '', dots] of (spec.args ?? '').matchAll(/[<[]([a-z]+)(\.\.\.)?[>\]]/g)) {
    command.argument(name, forArgument[name], dots !== undefined)
  }
  for (const { flags, about } of spec.options) {
    const long = /--([a-z]+)/.exec(flags)?.[1] ?? ''
    const short = /^-([A-Za-z]),/.exec(flags)?.[1]
    if (flags.includes('<')) command.option(long, about, forOption[long] ?? (() => {}), short)
    else if (short) command.option(long, about, short)
    else command.option(long, about)
  }
}

function folderOf(words: string[]): string {
  const at = words.findIndex((word) => word === '-C' || word === '--folder')
  return resolve(at < 0 ? '.' : (words[at + 1] ?? '.'))
}

interface Names {
  components: string[]
  tasks: string[]
  environments: string[]
  variables: string[]
  hosts: string[]
}

/** Names in the manifest, as far as it can be read: whoever is in the middle of writing it wants help, not an error. */
function namesIn(folder: string): Names {
  const manifest = readLoosely(folder)
  const components = objectOf(manifest.components)
  const tasks = Object.entries(components).flatMap(([name, component]) => {
    const own = objectOf(component)
    return [...Object.keys(objectOf(own.tasks)), ...(own.seed ? ['seed'] : [])].map((task) => `${name}.${task}`)
  })
  const routes = Array.isArray(manifest.routes) ? manifest.routes : []
  return {
    components: Object.keys(components),
    tasks,
    environments: [...new Set(['local', ...Object.keys(objectOf(manifest.environments))])],
    variables: [
      ...Object.keys(objectOf(manifest.env)),
      ...Object.values(components).flatMap((component) => Object.keys(objectOf(objectOf(component).env))),
    ],
    hosts: [...new Set(routes.map((route) => String(objectOf(route).host ?? '')).filter(Boolean))],
  }
}

function readLoosely(folder: string): Record<string, unknown> {
  try {
    const file = join(folder, 'landfall.yaml')
    const { size } = statSync(file)
    return size > 256 * 1024 ? {} : objectOf(parseDocument(readFileSync(file, 'utf8')).toJS({ maxAliasCount: 100 }))
  } catch {
    return {} // No manifest here.
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

async function runsOf(home: string): Promise<[string, string][]> {
  const rows = await call(home, 'runs', { limit: 20 }).catch(() => [])
  return rows.map((r) => [r.run, `${r.intent} of ${r.app}/${r.environment}: ${r.state ?? 'goes on'}`])
}

function foldersBeside(typed: string): string[] {
  const parent = typed.endsWith('/') ? typed : typed.includes('/') ? `${dirname(typed)}/` : ''
  try {
    return readdirSync(parent || '.', { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => `${parent}${entry.name}/`)
  } catch {
    return []
  }
}
