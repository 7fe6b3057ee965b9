import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { PsAnswer } from '../../ops/contract.ts'
import { cleanLine } from './clean.ts'
import { duration, uptime } from './duration.ts'
import { renderEnv } from './env.ts'
import { renderError } from './error.ts'
import { renderFindings } from './findings.ts'
import { logRenderer } from './logs.ts'
import { type Look, lookOf, plainLook } from './look.ts'
import { renderManifest } from './manifest.ts'
import { renderPs } from './ps.ts'
import { renderSmoke } from './smoke.ts'

const narrow: Look = { ...plainLook, columns: 60, rows: 24, isTerminal: true }

test('an error says what, where, the evidence and what to do', () => {
  const error = {
    code: 'E_HEALTH_TIMEOUT',
    message: 'web r3 did not become healthy within 30s',
    at: 'components.web.health',
    detail: 'GET /health answered 500\nECONNREFUSED\u001b]0;owned\u0007 5432',
    hint: 'landfall logs web --release r3',
  }
  expect(renderError(error, plainLook)).toBe(
    [
      'error E_HEALTH_TIMEOUT: web r3 did not become healthy within 30s',
      '  at components.web.health',
      '  │ GET /health answered 500',
      '  │ ECONNREFUSED 5432',
      '  next: landfall logs web --release r3',
    ].join('\n'),
  )
})

test('findings come by file and line, each with its source and a mark below the word', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lf-findings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'landfall.yaml'), 'app: shop\ncomponents:\n  web:\n    replcias: 2\n')
  const text = renderFindings(
    [
      { level: 'warning', code: 'W_LIMITS', at: 'components.web', message: 'limits are not enforced here' },
      {
        level: 'error',
        code: 'E_UNKNOWN_KEY',
        at: 'landfall.yaml:4:5',
        message: 'unknown key `replcias`',
        hint: 'did you mean `replicas`?',
      },
      { level: 'warning', code: 'W_NAME', at: 'landfall.yaml:1:6', message: 'a short name' },
    ],
    folder,
    plainLook,
  )
  expect(text.split('\n')).toEqual([
    'landfall.yaml:1:6 warning W_NAME a short name',
    '  1 │ app: shop',
    '    │      ^^^^',
    'landfall.yaml:4:5 error E_UNKNOWN_KEY unknown key `replcias`',
    '  4 │     replcias: 2',
    '    │     ^^^^^^^^',
    '  next: did you mean `replicas`?',
    '',
    'components.web warning W_LIMITS limits are not enforced here',
    '',
    '1 error, 2 warnings',
  ])
})

test.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;new title\u0007text', 'text'],
  ['\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001b]52;c;aGk=', ''],
  ['\u001bP$q"p\u001b\\x', 'x'],
  ['\u009b2Jgone', 'gone'],
  ['a\u001b[2J\u001b[Hb', 'ab'],
  ['safe\rover', 'safeover'],
  ['nul\u0000bell\u0007back\b', 'nulbellback'],
  ['\u202egnp.exe', 'gnp.exe'],
  ['tab\tkept apart', 'tab  kept apart'],
  ['\u001b', ''],
])('escapes are taken out of %j', (dirty, clean) => {
  expect(cleanLine(dirty)).toBe(clean)
})

const now = Date.parse('2026-11-21T12:00:00Z')

const instance = (component: string, over: object = {}): PsAnswer['apps'][number]['components'][number]['instances'][number] => ({
  ...{ app: 'shop', environment: 'local', id: component, component, release: 'r2', index: 0, state: 'running', restarts: 0 },
  ...{ pid: 7, startedAt: '2026-11-21T09:00:00Z', memoryMiB: 40.4 },
  ...over,
})

test('ps shows every app with its URLs, components, open runs and notices', () => {
  const text = renderPs(
    {
      apps: [
        {
          ...{ app: 'shop', environment: 'local', folder: '/srv/shop', release: 'r2' },
          urls: [{ host: 'shop.example', url: 'http://localhost:18000' }],
          components: [
            {
              name: 'api',
              type: 'web',
              release: 'r2',
              instances: [instance('api'), instance('api', { state: 'draining', release: 'r1' })],
            },
            { name: 'site', type: 'static', release: 'r2', instances: [] },
            { name: 'worker', type: 'worker', release: 'r2', instances: [] },
          ],
          openRuns: [
            {
              run: 'run-3',
              app: 'shop',
              environment: 'local',
              intent: 'up',
              startedAt: '2026-11-21T11:58:00Z',
              state: 'waiting',
              step: 'migrate',
            },
          ],
          notices: [
            {
              app: 'shop',
              environment: 'local',
              component: 'api',
              release: 'r2',
              at: 'then',
              code: 'crashed',
              message: 'exit 1\u001b[2J',
            },
          ],
        },
      ],
      daemon: { pid: 1, version: '0.1.0', memoryMiB: 50.6 },
      edge: { pid: 2, memoryMiB: 30, requests: 12345, open: 3, listeners: [] },
    },
    plainLook,
    now,
  )
  expect(text.split('\n')).toEqual([
    'shop/local  r2',
    '  http://localhost:18000  shop.example',
    '  component  release  state                  instances  memory         up',
    '  api        r2       1 running, 1 draining          2  81 MiB  3 h 0 min',
    '  site       r2       published',
    '  worker     r2       not running                    0',
    '  run-3 (up) waits for your decision, since 2 min: migrate',
    '    next: landfall resume run-3, or landfall cancel run-3',
    '  then api r2: exit 1',
    '',
    'daemon 0.1.0, pid 1, 51 MiB; edge pid 2, 30 MiB, 12,345 requests, 3 open',
  ])
})

test('an empty machine says so', () => {
  expect(renderPs({ apps: [], daemon: { pid: 1, version: '0', memoryMiB: 1 } }, plainLook)).toContain(
    'nothing is deployed here yet',
  )
})

test('checks show what was expected and what came', () => {
  const results = [
    { name: 'healthy', state: 'passed' as const, isPassed: true, request: 'GET /health', status: 200, ms: 12 },
    {
      name: 'home',
      state: 'failed' as const,
      isPassed: false,
      request: 'GET /',
      status: 500,
      ms: 41,
      because: 'expected 200, got 500\nboom',
    },
  ]
  expect(renderSmoke({ release: 'r2', results }, plainLook).split('\n')).toEqual([
    '✓  healthy  GET /health  200  12 ms',
    '✗  home     GET /        500  41 ms',
    '   │ expected 200, got 500',
    '   │ boom',
    '1 of 2 failed on r2',
  ])
})

test('variables tell where they come from and which are missing, and no secret', () => {
  const text = renderEnv(
    [
      { name: 'KEY', isSecret: true, isRequired: true, source: 'set', value: 'hunter2', version: 3, components: ['web'] },
      { name: 'FROM', isSecret: false, isRequired: true, source: 'missing', components: ['web'], about: 'visible sender' },
    ],
    plainLook,
  )
  expect(text).not.toContain('hunter2')
  expect(text).toContain('set, v3')
  expect(text).toContain('next: landfall env set FROM')
})

test('log lines carry who said them; a pipe gets time and release too', () => {
  const line = { at: '2026-11-21T10:00:00.000Z', component: 'web', release: 'r2', instance: 1, text: 'hi\u001b[2J' }
  expect(logRenderer(plainLook)(line)).toBe('2026-11-21T10:00:00.000Z web.1 r2 hi')
  expect(logRenderer(narrow)(line)).toMatch(/^\d\d:\d\d:\d\d web\.1 │ hi$|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d web\.1 │ hi$/)
})

test('a manifest that is offered is shown whole', () => {
  const text = renderManifest(
    { text: 'app: shop\ncomponents:\n  web: {} # the site\n', guesses: ['web: package.json has a start script'] },
    plainLook,
  )
  expect(text).toContain('+ web: package.json has a start script')
  expect(text).toContain('│   web: {} # the site')
})

test('durations read like a person would say them', () => {
  expect([40, 230, 12_400, 59_940, 59_990, 64_000, 3_700_000].map(duration)).toEqual([
    ...['0 s', '0.2 s', '12.4 s', '59.9 s', '1 min 00 s', '1 min 04 s', '1 h 1 min'],
  ])
  expect([5_000, 600_000, 90_000_000].map(uptime)).toEqual(['5 s', '10 min', '1 d 1 h'])
})

test('colours and signs follow the terminal, NO_COLOR and the locale', () => {
  const terminal = { isTTY: true, columns: 100, rows: 40 } as NodeJS.WriteStream
  const pipe = {} as NodeJS.WriteStream
  expect(lookOf(terminal, { LANG: 'de_DE.UTF-8' }).paint.red('x')).not.toBe('x')
  expect(lookOf(terminal, { NO_COLOR: '1' }).paint.red('x')).toBe('x')
  expect(lookOf(pipe, { CI: 'true' }).paint.red('x')).toBe('x')
  expect(lookOf(terminal, { TERM: 'dumb' })).toMatchObject({ isTerminal: false, columns: undefined })
  expect(lookOf(terminal, { LANG: 'C' }).signs.ok).toBe('ok')
  expect(lookOf(terminal, { TERM: 'xterm' }).signs.ok).toBe('✓')
})
