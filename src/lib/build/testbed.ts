import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Component } from '../../model/app.ts'
import type { Builder, ServerType } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { exec } from '../exec.ts'
import { type Artifact, artifactRoot } from './artifact.ts'
import { artifactOf } from './artifact-name.ts'
import { buildArtifact } from './build-artifact.ts'
import type { BuildInput, Identity } from './build-types.ts'
import { killBuilds } from './kill-builds.ts'
import { removeTree } from './remove-tree.ts'
import { readSource } from './source.ts'

export const isRoot = process.getuid?.() === 0
/** As in life: builds of root run as somebody else. */
export const identity: Identity | undefined = isRoot ? { uid: 61_001, gid: 61_001 } : undefined

/** A home and sources beside it, for tests of builds. */
export interface Testbed {
  home: string
  /** Lines of the last build. */
  said: string[]
  /** A folder with these files. */
  source(files: Record<string, string>): string
  /** A copy of a folder of fixtures. */
  copyOf(folder: string): string
  component(path: string, parts?: Parts): Component
  name(component: Component): Promise<string>
  build(component: Component, parts?: Partial<BuildInput>): Promise<{ artifact: Artifact; name: string; root: string }>
  /** A command in an artifact, as an instance would run it; its output. */
  run(built: { artifact: Artifact; root: string }, command: string[], env?: Record<string, string>): Promise<string>
  end(): Promise<void>
}
export type Parts = Partial<Omit<Component, 'build'>> & { build?: Partial<Component['build']> }

export function makeTestbed(builders: Record<string, Builder>, servers: Record<string, ServerType> = {}): Testbed {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-build-'))
  chmodSync(folder, 0o755)
  const home = join(folder, 'home')
  mkdirSync(home, { mode: 0o755 })
  let count = 0
  const bed: Testbed = {
    home,
    said: [],
    source(files) {
      const path = join(folder, `source${count++}`)
      mkdirSync(path)
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(path, name)), { recursive: true })
        writeFileSync(join(path, name), text)
      }
      return path
    },
    copyOf(from) {
      const path = join(folder, `source${count++}`)
      cpSync(from, path, { recursive: true })
      return path
    },
    component: (path, parts) => aComponent(path, parts),
    async name(component) {
      const { bound, files } = await bind(component)
      return artifactOf(bound, files, builders)
    },
    async build(component, parts = {}) {
      const { bound, files } = await bind(component)
      const name = parts.artifact ?? artifactOf(bound, files, builders)
      bed.said = []
      const artifact = await buildArtifact({
        home,
        component: bound,
        artifact: name,
        builders,
        servers,
        value: async (v) => `<${v.type}>`,
        ...(identity && { identity }),
        signal: AbortSignal.timeout(300_000),
        say: (line) => bed.said.push(line),
        runOf: { app: 'demo', environment: 'local' },
        ...parts,
      })
      return { artifact, name, root: artifactRoot(home, name) }
    },
    async run({ artifact, root }, command, env = {}) {
      const path = [...artifact.path.map((p) => join(root, p)), ...artifact.runtimes, '/usr/bin', '/bin'].join(':')
      const [file = '', ...args] = command
      const { stdout } = await exec('/usr/bin/env', [file, ...args], {
        cwd: join(root, artifact.folder),
        env: { PATH: path, HOME: '/nonexistent', ...env },
        ...(identity && identity),
        timeoutSeconds: 60,
      })
      return stdout.trim()
    },
    end: () => removeTree(folder),
  }
  return bed
}

async function bind(component: Component) {
  const { source, build } = component
  if (source.type !== 'folder') return { bound: component, files: { names: new Set<string>(), text: () => undefined } }
  const { workspace } = build.options
  const tree = await readSource(join(source.path, workspace ?? '.'), workspace && source.path)
  return { bound: { ...component, source: { ...source, digest: tree.digest } }, files: tree.files }
}

function aComponent(path: string, { build, ...parts }: Parts = {}): Component {
  return {
    name: 'web',
    type: 'web',
    source: { type: 'folder', path, digest: '' },
    build: { builder: 'command', options: {}, env: {}, timeoutSeconds: 240, limits: {}, ...build },
    env: {},
    needs: [],
    instances: 1,
    limits: {},
    releaseSteps: [],
    mounts: [],
    stop: { drainSeconds: 1, signal: 'SIGTERM', graceSeconds: 1 },
    rollout: 'overlap',
    runsAs: 'app',
    tasks: {},
    ...parts,
  }
}

/** Runs `install` and `command` of the options, and nothing else. */
export const plain: Builder = {
  name: 'plain',
  detect: () => [],
  check: () => [],
  runtimes: () => [],
  recipe: (_files, { options }) => ({
    steps: [options.install, options.command].flatMap((command, i) =>
      command
        ? [
            {
              title: i === 0 ? 'install' : 'build',
              command,
              cwd: '.',
              env: {},
              needsNetwork: false,
              stage: i === 0 ? 'install' : 'build',
            },
          ]
        : [],
    ),
    output: options.output ?? '.',
    path: [],
  }),
}
export const text = (t: string): Value => ({ type: 'text', text: t })
export const sh = (script: string, more: Parts['build'] = {}): Parts => ({
  build: { builder: 'plain', options: { command: ['sh', '-c', script] }, ...more },
})
/** What a build may never leave, whatever became of it: scratch, half an artifact, processes. */
export async function leftovers(home: string): Promise<string[]> {
  const listed = (folder: string) => (existsSync(join(home, folder)) ? readdirSync(join(home, folder)) : [])
  const processes = await killBuilds(home)
  const halves = listed('artifacts').filter((name) => name.endsWith('.tmp'))
  return [...listed('scratch'), ...halves, ...(processes > 0 ? [`${processes} processes`] : [])]
}
