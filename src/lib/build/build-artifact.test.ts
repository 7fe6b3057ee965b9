import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Builder, ServerType } from '../../model/plug.ts'
import { listArtifacts, readArtifact, removeArtifact } from './artifact.ts'
import { isRoot, leftovers, makeTestbed, plain, sh, text } from './testbed.ts'

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
  expect(await leftovers(bed.home)).toEqual([])
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
  // Each waits for a file that the other one makes: one after the other they would wait for ever.
  const meet = (mine: string, theirs: string) =>
    sh(`touch $HOME/${mine}; while ! [ -e $HOME/${theirs} ]; do sleep 0.05; done; echo $$ > pid`)
  const component = bed.component(bed.source({ a: '' }), meet('a', 'b'))
  const other = bed.component(bed.source({ b: '' }), meet('b', 'a'))
  const said: string[] = []
  const say = (line: string) => said.push(line)
  const [first, second] = await Promise.all([bed.build(component, { say }), bed.build(component, { say }), bed.build(other)])
  expect(second).toEqual(first)
  expect(said.filter((l) => l.includes('is being built already'))).toHaveLength(1)
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
  expect(await leftovers(bed.home)).toEqual([])
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
