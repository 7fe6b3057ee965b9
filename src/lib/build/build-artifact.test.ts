import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import type { Builder, ServerType } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { listArtifacts, readArtifact, removeArtifact } from './artifact.ts'
import { cgroupWrap } from './cgroup-wrap.ts'
import { killBuilds } from './kill-builds.ts'
import { cleanScratch } from './scratch.ts'
import { isRoot, makeTestbed, type Parts } from './testbed.ts'

/** Runs `install` and `command` of the options, and nothing else. */
const plain: Builder = {
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
const fake: ServerType = {
  resolve: (version) => version,
  async install(source, into, { say }) {
    mkdirSync(join(into, 'bin'))
    writeFileSync(join(into, 'bin/server'), `#!/bin/sh\necho server ${source.version}\n`, { mode: 0o755 })
    say('installed')
  },
  login: async () => {},
}
const bed = makeTestbed({ plain }, { fake })
afterAll(() => bed.end())

const text = (t: string): Value => ({ type: 'text', text: t })
const sh = (script: string, more: Parts['build'] = {}): Parts => ({
  build: { builder: 'plain', options: { command: ['sh', '-c', script] }, ...more },
})
/** Nothing of a build may be left: no scratch, no half artifact, no process. */
async function expectNothingLeft(): Promise<void> {
  expect(existsSync(join(bed.home, 'scratch')) ? readdirSync(join(bed.home, 'scratch')) : []).toEqual([])
  const artifacts = join(bed.home, 'artifacts')
  expect(existsSync(artifacts) ? readdirSync(artifacts).filter((n) => n.endsWith('.tmp')) : []).toEqual([])
  expect(await killBuilds(bed.home)).toBe(0)
}

test('an artifact is whole, read-only and belongs to whoever made it, and its maker could not write anything else', async () => {
  const path = bed.source({ 'a.txt': 'a', 'run.sh': '#!/bin/sh\n', '.env': 'X=1' })
  const component = bed.component(
    path,
    sh('echo built > b.txt; chmod 4777 b.txt; mkfifo pipe; id -u > uid; touch /etc/landfall-test 2>/dev/null; true'),
  )
  const { artifact, root, name } = await bed.build(component)
  expect(readFileSync(join(root, 'b.txt'), 'utf8')).toBe('built\n')
  expect(readdirSync(root).sort()).toEqual(['a.txt', 'b.txt', 'run.sh', 'uid'])
  for (const file of ['.', 'a.txt', 'b.txt', '../artifact.json']) {
    const { uid, mode } = statSync(join(root, file))
    expect([file, uid, mode & 0o7222]).toEqual([file, process.getuid?.(), 0])
  }
  expect(Number(readFileSync(join(root, 'uid'), 'utf8'))).toBe(isRoot ? 61_001 : process.getuid?.())
  if (isRoot) expect(existsSync('/etc/landfall-test')).toBe(false)
  expect(artifact).toMatchObject({
    version: 1,
    path: [],
    runtimes: [],
    folder: '.',
    findings: [{ code: 'W_LEFT_OUT', at: '.env' }],
  })
  expect(listArtifacts(bed.home)).toContain(name)
  await expectNothingLeft()
})

test('one that is there is taken as it is; one that was removed is built again', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('date +%N > when'))
  const first = await bed.build(component)
  const when = () => readFileSync(join(first.root, 'when'), 'utf8')
  const before = when()
  await bed.build(component)
  expect(when()).toBe(before)
  await removeArtifact(bed.home, first.name)
  expect(readArtifact(bed.home, first.name)).toBeUndefined()
  await bed.build(component)
  expect(when()).not.toBe(before)
})

test('the same artifact asked for twice at once is built once, and two others beside each other', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('echo $$ > pid; sleep 0.3'))
  const other = bed.component(bed.source({ b: '' }), sh('sleep 0.1'))
  const said: string[] = []
  const [first, second] = await Promise.all([
    bed.build(component),
    bed.build(component, { say: (l) => said.push(l) }),
    bed.build(other),
  ])
  expect(second).toEqual(first)
  expect(said.concat(bed.said).filter((l) => l.includes('is being built already'))).toHaveLength(1)
})

test('the environment of a build is plain: its own values, and nothing of ours', async () => {
  process.env.LANDFALL_TEST_SECRET = 'leaked'
  const component = bed.component(
    bed.source({ a: '' }),
    sh('env > env.txt', { env: { API_URL: text('https://x'), HOME: text('/root') } }),
  )
  const { root, name } = await bed.build(component)
  const env = Object.fromEntries(
    readFileSync(join(root, 'env.txt'), 'utf8')
      .split('\n')
      .map((l) => l.split(/=(.*)/s).slice(0, 2)),
  )
  expect(env).toMatchObject({ API_URL: 'https://x', CI: '1', LANDFALL_BUILD: name, LANDFALL_HOME: bed.home })
  expect(env.HOME).toMatch(/cache\/build\/[^/]+\/home$/)
  expect(env.TMPDIR).toContain('scratch')
  expect(env.LANDFALL_TEST_SECRET).toBeUndefined()
})

test('a step that fails is named with its command and its last lines, and nothing is left', async () => {
  const component = bed.component(
    bed.source({ a: '' }),
    sh('i=0; while [ $i -lt 60 ]; do echo line $i; i=$((i+1)); done; exit 3'),
  )
  const error = await bed.build(component).catch((e: unknown) => e)
  expect(error).toMatchObject({
    code: 'E_BUILD',
    at: 'components.web.build',
    message: expect.stringMatching(/^web: build failed: `sh -c .*` ended with 3$/s),
  })
  const { detail, hint } = error as { detail: string; hint: string }
  const shown = detail.split('\n')
  expect(shown.slice(1, 12)).toEqual([
    'line 0',
    ...Array.from({ length: 8 }, (_, i) => `line ${i + 1}`),
    '… 11 lines …',
    'line 20',
  ])
  expect(shown.at(-1)).toBe('line 59')
  const log = hint.split(' ').at(-1) ?? ''
  expect(readFileSync(log, 'utf8')).toContain('line 0\n')
  expect(statSync(log).mode & 0o077).toBe(0)
  await expectNothingLeft()
})

test('output is passed on without what a terminal would obey, and a flood of it is cut', async () => {
  const colours = bed.component(bed.source({ a: '' }), sh(`printf 'a\\033[31mred\\033[0m\\rb\\033]0;title\\007c\\n'`))
  await bed.build(colours)
  expect(bed.said).toContain('bc')
  const flood = bed.component(bed.source({ b: '' }), sh('yes | head -n 200000'))
  await bed.build(flood)
  expect(bed.said.length).toBeLessThan(20_000)
  expect(bed.said.some((l) => l.includes('more lines are in'))).toBe(true)
})

test('a program that is not there is named', async () => {
  const component = bed.component(bed.source({ a: '' }), {
    build: { builder: 'plain', options: { command: ['flutter', 'build'] } },
  })
  await expect(bed.build(component)).rejects.toMatchObject({ code: 'E_BUILD', message: expect.stringContaining('"flutter"') })
})

test('a test that fails keeps the artifact from being', async () => {
  const component = bed.component(bed.source({ a: '' }), {
    ...sh('echo 1 > built'),
    test: ['sh', '-c', 'cat built; exit 1'].map(text),
  })
  await expect(bed.build(component)).rejects.toMatchObject({
    code: 'E_TEST',
    at: 'components.web.test',
    detail: expect.stringContaining('1'),
  })
  expect(listArtifacts(bed.home)).not.toContain(await bed.name(component))
  await bed.build({ ...component, test: ['sh', '-c', 'test -f built'].map(text) })
})

test('a build that takes too long is ended with all that it started, and says what it was at', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('setsid sleep 300 & sleep 300', { timeoutSeconds: 1 }))
  await expect(bed.build(component)).rejects.toMatchObject({
    code: 'E_BUILD_TIMEOUT',
    message: expect.stringMatching(/longer than 1 s.*sleep 300/),
  })
  await expectNothingLeft()
})

test('a build that is cancelled ends, and so does what waits for it', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('echo started; sleep 300'))
  const control = new AbortController()
  const build = bed.build(component, { signal: control.signal, say: (line) => line === 'started' && control.abort() })
  await expect(build).rejects.toMatchObject({ code: 'E_CANCELLED' })
  await expectNothingLeft()
})

test('what a build leaves in the background ends before the next step, and holds up nothing', async () => {
  const options = {
    install: ['sh', '-c', 'setsid sleep 300 & sleep 301 & echo $! > pid'],
    command: ['sh', '-c', 'grep -q sleep /proc/$(cat pid)/cmdline 2>/dev/null && exit 9; exit 0'],
  }
  await bed.build(bed.component(bed.source({ a: '' }), { build: { builder: 'plain', options } }))
  await expectNothingLeft()
})

test('memory over the limit ends the build, with limit and peak, also where no control group can', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('', { limits: { memoryMiB: 300 } }))
  component.build.options.command = [process.execPath, '-e', 'const a = []; setInterval(() => a.push(Buffer.alloc(16e6, 1)), 10)']
  await expect(bed.build(component)).rejects.toMatchObject({
    code: 'E_BUILD_MEMORY',
    message: expect.stringMatching(/limit 300 MiB, peak [3-9]\d\d MiB/),
  })
  await expectNothingLeft()
})

needs('root', 'cgroup-memory').test('in a control group the kernel itself holds the limit', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('id -u; true', { limits: { memoryMiB: 100 } }))
  component.build.options.install = [process.execPath, '-e', 'Buffer.alloc(400e6, 1)']
  const build = bed.build(component, { wrap: cgroupWrap })
  await expect(build).rejects.toMatchObject({
    code: 'E_BUILD_MEMORY',
    message: expect.stringContaining('limit 100 MiB, peak 100 MiB'),
  })
  component.build.options.install = [process.execPath, '-e', 'console.log(process.getuid())']
  await bed.build(component, { wrap: cgroupWrap })
  expect(bed.said).toContain('61001')
})

test('a source that is not what the plan was made from is refused', async () => {
  const path = bed.source({ a: 'one' })
  const component = bed.component(path, sh('true'))
  const name = await bed.name(component)
  const source = { type: 'folder' as const, path, digest: 'of another day' }
  const { buildArtifact } = await import('./build-artifact.ts')
  const input = {
    home: bed.home,
    component: { ...component, source },
    artifact: name,
    builders: { plain },
    servers: {},
    value: async () => '',
  }
  const rest = { signal: new AbortController().signal, say: () => {}, runOf: { app: 'demo', environment: 'local' } }
  await expect(buildArtifact({ ...input, ...rest })).rejects.toMatchObject({ code: 'E_SOURCE_CHANGED' })
  await expectNothingLeft()
})

test('a secret is never given to a build', async () => {
  const env = { TOKEN: { type: 'stored' as const, name: 'TOKEN', secret: true } }
  const component = bed.component(bed.source({ a: '' }), sh('true', { env }))
  await expect(bed.build(component)).rejects.toMatchObject({ code: 'E_SECRET_IN_BUILD' })
})

test('the folder that is kept must be there, and inside', async () => {
  const missing = bed.component(bed.source({ a: '' }), sh('true', { options: { command: ['true'], output: 'dist' } }))
  await expect(bed.build(missing)).rejects.toMatchObject({ code: 'E_NO_OUTPUT', message: expect.stringContaining('dist') })
  const outside = bed.component(
    bed.source({ b: '' }),
    sh('', { options: { command: ['ln', '-s', '/etc', 'dist'], output: 'dist' } }),
  )
  await expect(bed.build(outside)).rejects.toMatchObject({ code: 'E_NO_OUTPUT' })
})

test('a site has its text files packed beside them, and no links that lead out', async () => {
  const path = bed.source({ 'index.html': '<p>hello</p>'.repeat(500), 'small.txt': 'x', 'a.png': 'x'.repeat(5000) })
  const site = bed.component(path, { type: 'static', ...sh('true') })
  const { root } = await bed.build(site)
  expect(readdirSync(root).sort()).toEqual(['a.png', 'index.html', 'index.html.br', 'index.html.gz', 'small.txt'])
  expect(statSync(join(root, 'index.html.br')).mode & 0o777).toBe(0o444)
  const link = bed.component(bed.source({ 'index.html': '' }), { type: 'static', ...sh('ln -s /etc/passwd p') })
  await expect(bed.build(link)).rejects.toMatchObject({ code: 'E_OUTPUT_UNSAFE', detail: 'p' })
})

test('links inside of the source go with it, and paths of the build become those of the artifact', async () => {
  const path = bed.source({ 'real.txt': 'x' })
  symlinkSync('real.txt', join(path, 'link.txt'))
  const component = bed.component(path, sh('printf "%s" "$PWD" > here; ln -s "$PWD/real.txt" absolute'))
  const { root } = await bed.build(component)
  expect(readFileSync(join(root, 'here'), 'utf8')).toBe(root)
  expect(readFileSync(join(root, 'absolute'), 'utf8')).toBe('x')
  expect(readFileSync(join(root, 'link.txt'), 'utf8')).toBe('x')
})

test('a server becomes an artifact by its own installer', async () => {
  const component = bed.component('/', { name: 'db', source: { type: 'server', resource: 'fake', version: '17' } })
  const built = await bed.build(component)
  expect(built.artifact.path).toEqual(['bin'])
  expect(await bed.run(built, ['server'])).toBe('server 17')
})

test('an image is refused with what to do instead', async () => {
  const component = bed.component('/', { source: { type: 'image', image: 'nginx' } })
  await expect(bed.build(component, { artifact: 'web-x' })).rejects.toMatchObject({
    code: 'E_ENGINE',
    hint: expect.stringContaining('source'),
  })
})

test('what a build writes into dependencies of an earlier build stays in that build', async () => {
  const keeping: Builder = {
    ...plain,
    name: 'keeping',
    recipe: () => ({
      steps: [
        {
          title: 'install',
          command: [
            'sh',
            '-c',
            'echo installing; mkdir -p deps/bin; echo one > deps/a; echo two > deps/b; echo "$PWD" > deps/bin/where',
          ],
          cwd: '.',
          env: {},
          needsNetwork: false,
          stage: 'install',
          keeps: { from: ['lock'], folders: ['deps'] },
        },
        {
          title: 'build',
          command: ['sh', '-c', 'cat extra >> deps/a; chmod 755 deps/b'],
          cwd: '.',
          env: {},
          needsNetwork: false,
        },
      ],
      output: '.',
      path: [],
    }),
  }
  const own = makeTestbed({ keeping })
  try {
    const path = own.source({ lock: '1', extra: 'first\n' })
    const component = own.component(path, { build: { builder: 'keeping' } })
    const first = await own.build(component)
    expect(own.said).toContain('installing')
    writeFileSync(join(path, 'extra'), 'second\n')
    const second = await own.build(component)
    expect(own.said).not.toContain('installing')
    const read = (built: { root: string }, file: string) => readFileSync(join(built.root, 'deps', file), 'utf8')
    expect([read(first, 'a'), read(second, 'a')]).toEqual(['one\nfirst\n', 'one\nsecond\n'])
    expect(statSync(join(second.root, 'deps/b')).mode & 0o777).toBe(0o555)
    expect([read(first, 'bin/where'), read(second, 'bin/where')]).toEqual([`${first.root}\n`, `${second.root}\n`])
    writeFileSync(join(path, 'lock'), '2')
    await own.build(component)
    expect(own.said).toContain('installing')
  } finally {
    await own.end()
  }
})

needs('root').test('a build that fills the disk ends before the disk is full, and what it wrote goes', async () => {
  const own = makeTestbed({ plain })
  const mount = (...args: string[]) => spawnSync('mount', args).status
  try {
    expect(mount('-t', 'tmpfs', '-o', 'size=200m,mode=755', 'tmpfs', own.home)).toBe(0)
    const component = own.component(own.source({ a: '' }), sh('while :; do head -c 9000000 /dev/zero >> big; sleep 0.05; done'))
    await expect(own.build(component)).rejects.toMatchObject({
      code: 'E_DISK',
      message: expect.stringContaining('filled the disk'),
    })
    expect(statfsSync(own.home).bavail * statfsSync(own.home).bsize).toBeGreaterThan(190e6)
    writeFileSync(join(own.home, 'ballast'), Buffer.alloc(201e6))
    await expect(own.build(component)).rejects.toMatchObject({
      code: 'E_DISK',
      message: expect.stringMatching(/needs about .* is free/),
    })
  } finally {
    spawnSync('umount', ['-l', own.home])
    await own.end()
  }
})

for (const point of ['build:copied', 'build:step', 'build:before-rename', 'build:after-rename']) {
  test(`a death at ${point} leaves nothing that is referenced, and the next start tidies up`, async () => {
    const path = bed.source({ a: point })
    const component = bed.component(path, sh('setsid sleep 300 & echo 1 > built'))
    const name = await bed.name(component)
    const code = await dieIn(component, point)
    expect(code).toBe('SIGKILL')
    expect(readArtifact(bed.home, name) !== undefined).toBe(point === 'build:after-rename')
    await killBuilds(bed.home)
    await cleanScratch(bed.home)
    await expectNothingLeft()
    const { root } = await bed.build(component)
    expect(readFileSync(join(root, 'built'), 'utf8')).toBe('1\n')
  })
}

test('a death in the middle of a step leaves processes, which the next start ends', async () => {
  const component = bed.component(bed.source({ a: 'killed' }), sh('setsid sleep 300 & sleep 301'))
  await dieIn(component, undefined, 'sleep 301')
  expect(await killBuilds(bed.home)).toBeGreaterThanOrEqual(2)
  await cleanScratch(bed.home)
  await expectNothingLeft()
})

/** Builds in another process, which dies at the point, or once it has said so much. */
async function dieIn(component: unknown, point?: string, until?: string): Promise<string> {
  const script = `
    import { makeTestbed } from ${JSON.stringify(new URL('testbed.ts', import.meta.url).href)}
    const plain = { name: 'plain', detect: () => [], check: () => [], runtimes: () => [], recipe: (_, { options }) => ({
      steps: [{ title: 'build', command: options.command, cwd: '.', env: {}, needsNetwork: false, stage: 'build' }], output: '.', path: [] }) }
    const bed = makeTestbed({ plain })
    await bed.build(${JSON.stringify(component)}, { home: ${JSON.stringify(bed.home)}, say: (line) => console.log(line) })`
  const env = { PATH: process.env.PATH ?? '', ...(point && { LANDFALL_FAIL: point }) }
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.on('data', (chunk: Buffer) => {
    // Its command is under way a moment after it was said.
    if (until && chunk.toString().includes(until)) setTimeout(() => child.kill('SIGKILL'), 500)
  })
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? String(code))))
}
