import { expect, test } from 'vitest'
import type { Component } from '../../model/app.ts'
import type { Builder } from '../../model/plug.ts'
import { artifactOf, checkBuild, useOf } from './artifact-name.ts'

const plain: Builder = {
  name: 'plain',
  detect: () => [],
  check: (files) => (files.names.has('bad') ? [{ level: 'error', code: 'E_BAD', at: 'bad', message: 'is bad' }] : []),
  runtimes: (files) => [{ name: 'node', version: files.names.has('new') ? '24' : '22' }],
  recipe: (_files, build, use) => ({
    steps: [{ title: 'build', command: build.options.command ?? [], cwd: '.', env: {}, needsNetwork: false }],
    output: '.',
    path: use?.commands.flat() ?? [],
  }),
}
const files = { names: new Set<string>(), text: () => undefined }
const component: Component = {
  name: 'web',
  type: 'web',
  source: { type: 'folder', path: '/a', digest: 'd1' },
  build: { builder: 'plain', options: {}, env: {}, timeoutSeconds: 60, limits: {} },
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
}
const nameOf = (c: Component, f = files, platform = 'linux-x64') => artifactOf(c, f, { plain }, platform)
const withBuild = (build: Partial<Component['build']>) => ({ ...component, build: { ...component.build, ...build } })
const text = (t: string) => ({ type: 'text' as const, text: t })

test('the name says the component and follows all that decides what is in the artifact', () => {
  const name = nameOf(component)
  expect(name).toMatch(/^web-[0-9a-f]{16}$/)
  const others = [
    nameOf({ ...component, source: { type: 'folder', path: '/a', digest: 'd2' } }),
    nameOf(withBuild({ options: { command: ['make'] } })),
    nameOf(withBuild({ env: { A: text('1') } })),
    nameOf(component, { names: new Set(['new']), text: () => undefined }),
    nameOf(component, files, 'linux-arm64'),
    nameOf({ ...component, test: [text('test')] }),
    nameOf({ ...component, type: 'static' }),
    nameOf({ ...component, tasks: { seed: [[text('seed')]] } }),
  ]
  expect(new Set([name, ...others]).size).toBe(others.length + 1)
})

test('what only decides how it runs, and where the source lies, makes no other artifact', () => {
  const name = nameOf(component)
  expect(
    nameOf({ ...component, env: { A: text('1') }, instances: 3, source: { type: 'folder', path: '/b', digest: 'd1' } }),
  ).toBe(name)
  expect(nameOf(withBuild({ timeoutSeconds: 5, limits: { memoryMiB: 1 } }))).toBe(name)
})

test('a server is named by its version, whoever asks', () => {
  const server = (version: string): Component => ({
    ...component,
    name: 'db',
    source: { type: 'server', resource: 'postgres', version },
  })
  expect(nameOf(server('17.1'))).toBe(nameOf({ ...server('17.1'), instances: 2 }))
  expect(nameOf(server('17.1'))).not.toBe(nameOf(server('17.2')))
})

test('an unknown builder is named with the one that was meant', () => {
  expect(() => nameOf(withBuild({ builder: 'plan' }))).toThrow(
    expect.objectContaining({ code: 'E_BUILDER', hint: 'did you mean plain?' }),
  )
})

test('a secret among the values of a build is an error, also inside of another value', () => {
  const secret = { type: 'stored' as const, name: 'TOKEN', secret: true }
  const env = { A: { type: 'join' as const, parts: [text('x'), secret] }, B: text('ok'), C: { ...secret, secret: false } }
  expect(checkBuild(withBuild({ env }), files, { plain })).toMatchObject([
    { code: 'E_SECRET_IN_BUILD', at: 'components.web.build.args.A' },
  ])
  expect(checkBuild(component, { names: new Set(['bad']), text: () => undefined }, { plain }).map((f) => f.code)).toEqual([
    'E_BAD',
  ])
})

test('all commands of a component are looked at, and values that are no text are left out', () => {
  const use = useOf({
    ...component,
    command: [text('node'), { type: 'join', parts: [text('--port='), { type: 'instance', field: 'port' }] }],
    releaseSteps: [{ name: 'm', run: [text('migrate')], check: [text('check')], isRepeatable: true }],
    tasks: { seed: [[text('seed')]] },
  })
  expect(use).toEqual({ type: 'web', run: ['node', '--port='], commands: [['migrate'], ['check'], ['seed']] })
})
