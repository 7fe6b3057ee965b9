import { expect, test } from 'vitest'
import type { Component } from '../model/app.ts'
import type { Observed, ServingComponent, Step } from '../model/plan.ts'
import { backupStage } from './backup.ts'
import { planRestore } from './restore.ts'

const aComponent = (name: string, more: Partial<Component> = {}): Component => ({
  name,
  type: 'web',
  source: { type: 'folder', path: '.', digest: '' },
  build: { builder: 'node', options: {}, env: {}, timeoutSeconds: 60, limits: {} },
  env: {},
  needs: [],
  instances: 1,
  limits: {},
  releaseSteps: [],
  mounts: [],
  stop: { drainSeconds: 0, signal: 'SIGTERM', graceSeconds: 5 },
  rollout: 'overlap',
  runsAs: 'app',
  tasks: {},
  ...more,
})
function observedOf(...components: Component[]): Observed {
  const serving = Object.fromEntries(
    components.map((component): [string, ServingComponent] => [
      component.name,
      { release: 'r3', digest: 'd', artifact: 'a', component, stored: {} },
    ]),
  )
  return {
    serving,
    serves: 'r3',
    running: components.map((c) => ({ component: c.name, release: 'r3', digest: 'd', state: 'running', instances: 1 })),
    volumes: [],
    artifacts: [],
    routes: [{ host: 'shop.example', path: '/', component: 'web', release: 'r3' }],
    releases: [],
    data: {},
    snapshots: [
      { resource: 'files', volumes: ['files'] },
      { resource: 'db', volumes: [] },
    ],
  }
}
const words = (steps: Step[]) =>
  steps.map((s) => {
    if (s.type === 'backup') return `backup ${s.resources.join(',')}${s.isLast ? ' and the app' : ''}`
    if (s.type === 'run-once') return `run ${s.command.name}`
    if (s.type === 'stop') return `stop ${s.component}`
    if (s.type === 'start' || s.type === 'await-healthy') return `${s.type} ${s.component.name}`
    return s.type === 'swap-data' ? `swap${s.isBack ? ' back' : ''}` : s.type
  })
const WISH = { why: 'hand' as const, unless: [], nonce: 'n' }
const ONE = [{ volume: 'files', path: '/srv', writers: 'one' as const }]

test('what has no single writer is copied while everything goes on', () => {
  const many = observedOf(aComponent('web', { mounts: [{ volume: 'files', path: '/srv', writers: 'many' }] }))
  const { stage, warnings } = backupStage(many, WISH)
  expect(words(stage.steps)).toEqual(['backup db,files and the app'])
  expect([stage.downtimeSeconds, warnings, stage.undo]).toEqual([0, [], []])
})

test('a single writer stands still while its volume is copied, and is back also when that fails', () => {
  const { stage, warnings } = backupStage(observedOf(aComponent('web', { mounts: ONE }), aComponent('mailer')), WISH)
  expect(words(stage.steps)).toEqual([
    'hold',
    'stop web',
    'backup files',
    'start web',
    'await-healthy web',
    'route',
    'backup db and the app',
  ])
  expect(words(stage.undo)).toEqual(['start web', 'await-healthy web', 'route'])
  expect(warnings).toMatchObject([{ type: 'downtime', code: 'W_QUIET' }])
})

test('with steps of its own it goes on, and what comes after runs in any case', () => {
  const text = (value: string) => [{ type: 'text' as const, text: value }]
  const web = aComponent('web', { mounts: ONE, backup: { before: [text('freeze')], after: [text('thaw')] } })
  const { stage } = backupStage(observedOf(web), WISH)
  expect(words(stage.steps)).toEqual(['run backup before', 'backup files', 'run backup after', 'backup db and the app'])
  expect(words(stage.undo)).toEqual(['run backup after'])
  expect(stage.downtimeSeconds).toBe(0)
})

test('a restore swaps while the app stands still, and can be undone until somebody confirms', () => {
  const wish = { restore: 'restore-1', backup: 'b', at: '2026-11-21T03:00:00Z', resources: ['db'] }
  const intent = { app: 'shop', environment: 'local', type: 'restore' as const, ...wish }
  const observed = observedOf(aComponent('web'), aComponent('db', { resource: 'db' }), aComponent('site', { type: 'static' }))
  const input = { artifacts: {}, data: {}, provision: {}, observed, intent }
  const { stages, warnings } = planRestore(input, intent)
  expect(stages.map((s) => words(s.steps))).toEqual([
    ['restore'],
    ['hold', 'stop web', 'swap', 'start web', 'await-healthy web', 'route'],
  ])
  expect(words(stages[1]!.undo)).toEqual(['stop web', 'swap back', 'start web', 'await-healthy web', 'route'])
  expect(warnings[0]).toMatchObject({ type: 'destructive', message: expect.stringContaining('2026-11-21T03:00:00Z') })
})
