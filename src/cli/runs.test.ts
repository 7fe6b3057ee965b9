import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli, landfall, removeCli } from '../../test/wire/command-line.ts'
import { callsIn, play, until } from '../../test/wire/home.ts'
import { anAppIn, aPlace, plan, upScenario } from '../../test/wire/place.ts'
import { downPlan, firstPlan, runOf } from '../../test/wire/samples.ts'

beforeAll(buildCli)
afterAll(removeCli)

test('B53: without a terminal nothing is asked: the plan, the flag, and no run', async () => {
  const { home, cwd } = await aPlace(upScenario)
  for (const args of [['up'], ['down'], ['rollback'], ['up', '--json']]) {
    const { code, stdout, stderr } = await landfall(args, { home, cwd, input: 'open' })
    expect(code, args.join(' ')).toBe(2)
    expect(stdout + stderr).toContain('E_CONFIRM')
    expect(stdout + stderr).toContain('--yes')
  }
  expect(callsIn(home).filter((c) => c.name === 'apply')).toEqual([])
})

test('B53: a protected environment names the very flag it wants', async () => {
  const error = { code: 'E_CONFIRM', message: 'production is protected', hint: 'landfall up --env production --yes=shop' }
  const { home, cwd } = await aPlace({ ops: { ...upScenario.ops, apply: { error } } })
  const { code, stderr } = await landfall(['up', '--yes', '--env', 'production'], { home, cwd })
  expect(code).toBe(2)
  expect(stderr).toContain('next: landfall up --env production --yes=shop')
  await landfall(['up', 'web', '--yes=shop', '--env', 'production'], { home, cwd })
  expect(callsIn(home).at(-1)?.input).toMatchObject({
    confirm: 'shop',
    environment: 'production',
    wish: { type: 'up', only: ['web'] },
  })
})

test('up shows the plan and its steps on stderr, and the URLs alone on stdout', async () => {
  const { home, cwd } = await aPlace(upScenario)
  const { code, stdout, stderr } = await landfall(['up', '--yes', 'web'], { home, cwd })
  expect(code).toBe(0)
  expect(stdout).toBe('http://localhost:18000  shop.example\nhttp://localhost:18001  www.shop.example\n')
  expect(stderr).toContain('shop/local  r1 → r2')
  expect(stderr).toContain('ok    wait until web r2 is healthy')
  expect(stderr).toContain('✓ r2 serves')
  expect(stderr).not.toContain('\u001b')
  const [planned, applied] = callsIn(home)
  expect(planned?.input).toEqual({ folder: cwd, environment: 'local', wish: { type: 'up', only: ['web'] } })
  expect(applied?.input).toMatchObject({ planId: plan.id, wish: { type: 'up', only: ['web'] }, key: expect.any(String) })
  // `--yes` alone confirms no name.
  expect(applied?.input).not.toHaveProperty('confirm')
})

test('with --json a run is one event per line, the last is the result', async () => {
  const { home, cwd } = await aPlace(upScenario)
  const { code, stdout, stderr } = await landfall(['up', '--yes', '--json', '--key', 'k-1'], { home, cwd })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect([code, stderr]).toEqual([0, ''])
  expect(lines).toEqual(runOf(plan))
  expect(callsIn(home)[1]?.input).toMatchObject({ key: 'k-1' })
})

test('a run that fails ends with 1, its reason, its evidence, and what serves', async () => {
  const failing = { ...upScenario, streams: { events: { lines: runOf(plan, { stage: 2, step: 1 }) } } }
  const { home, cwd } = await aPlace(failing)
  const { code, stdout, stderr } = await landfall(['up', '--yes'], { home, cwd })
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('FAIL  wait until web r2 is healthy')
  expect(stderr).toContain('error E_HEALTH_TIMEOUT: web r2 did not become healthy within 60 s')
  expect(stderr).toContain('│ {"ok":false,"database":"refused"}')
  expect(stderr).toContain('next: landfall logs web --release r2')
  expect(stderr).toContain('r1 goes on serving')
})

test('findings of a plan end with 2 and nothing is done', async () => {
  const findings = [
    {
      level: 'error',
      code: 'E_ENV_MISSING',
      at: 'env.MAIL_FROM',
      message: 'MAIL_FROM has no value',
      hint: 'landfall env set MAIL_FROM',
    },
  ]
  const { home, cwd } = await aPlace({ ops: { plan: { answer: { findings, text: [], urls: [] } } } })
  const plain = await landfall(['up', '--yes'], { home, cwd })
  expect(plain.code).toBe(2)
  expect(plain.stderr).toContain('env.MAIL_FROM error E_ENV_MISSING MAIL_FROM has no value')
  const json = await landfall(['up', '--yes', '--json'], { home, cwd })
  expect(json.code).toBe(2)
  const [first, last] = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(first).toEqual({ type: 'findings', findings })
  expect(last).toMatchObject({ type: 'error', error: { code: 'E_FINDINGS' } })
  expect((await landfall(['plan'], { home, cwd })).code).toBe(2)
  expect(callsIn(home).map((c) => c.name)).not.toContain('apply')
})

test('with nothing to do nothing is asked, and the URLs are told', async () => {
  const empty = { ...plan, stages: [], previous: 'r1' }
  const urls = [{ host: 'shop.example', url: 'http://localhost:18000' }]
  const { home, cwd } = await aPlace({ ops: { plan: { answer: { plan: empty, findings: [], text: [], urls } } } })
  const { code, stdout, stderr } = await landfall(['up'], { home, cwd })
  expect([code, stdout]).toEqual([0, 'http://localhost:18000  shop.example\n'])
  expect(stderr).toContain('nothing to do: r1 serves')
})

test.each([
  ['E_LOCKED', 75],
  ['E_BASIS', 75],
  ['E_CONFIRM', 2],
  ['E_UNKNOWN_RELEASE', 2],
  ['E_CANCELLED', 3],
  ['E_DISK', 1],
  ['E_INTERNAL', 1],
])('%s ends with %i', async (code, exit) => {
  const { home, cwd } = await aPlace({ ops: { ...upScenario.ops, apply: { error: { code, message: 'so it is' } } } })
  const said = await landfall(['up', '--yes'], { home, cwd })
  expect(said.code).toBe(exit)
  expect(said.stderr).toContain(`error ${code}: so it is`)
})

test('a key that had its run already gives that run, also when there is nothing left to do', async () => {
  const empty = { ...plan, stages: [], previous: 'r2' }
  const ops = { ...upScenario.ops, plan: { answer: { plan: empty, findings: [], text: [], urls: [] } } }
  const { home, cwd } = await aPlace({ ...upScenario, ops })
  const { code, stdout } = await landfall(['up', '--json', '--key', 'build-4711'], { home, cwd })
  expect(code).toBe(0)
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({ run: 'run-17', type: 'start' })
})

test('states of a run have their exit codes', async () => {
  const { home } = await aPlace()
  const end = { run: 'run-1', seq: 1, at: 'now', type: 'end', message: 'so', urls: [] }
  for (const [state, code] of [
    ['done', 0],
    ['failed', 1],
    ['undone', 1],
    ['waiting', 1],
    ['cancelled', 3],
  ] as const) {
    play(home, { streams: { events: { lines: [{ ...end, state }] } } })
    expect((await landfall(['attach', 'run-1'], { home })).code, state).toBe(code)
  }
})

test('cancel has done its work when the run came to nothing', async () => {
  const end = { run: 'run-1', seq: 1, at: 'now', type: 'end', message: 'so', urls: [], serving: 'r4' }
  const { home } = await aPlace()
  for (const [state, code] of [
    ['cancelled', 0],
    ['undone', 0],
    ['done', 1],
    ['failed', 1],
  ] as const) {
    play(home, { ops: { cancel: { answer: { run: 'run-1' } } }, streams: { events: { lines: [{ ...end, state }] } } })
    const said = await landfall(['cancel', 'run-1'], { home })
    expect(said.code, state).toBe(code)
    if (state === 'cancelled') expect(said.stderr).toBe('\n✓ run-1 is cancelled; r4 goes on serving\n')
  }
})

test('a run that waited and then went on is followed past its first end', async () => {
  const end = { run: 'run-1', at: 'now', type: 'end', message: 'so', urls: [] }
  const lines = [
    { ...end, seq: 1, state: 'waiting' },
    { run: 'run-1', seq: 2, at: 'now', type: 'recovered', action: 'resume', text: 'a person decided' },
    { ...end, seq: 3, state: 'done' },
  ]
  const { home } = await aPlace({ ops: { resume: { answer: { run: 'run-1' } } }, streams: { events: { lines } } })
  const { code, stderr } = await landfall(['resume', 'run-1'], { home })
  expect(code).toBe(0)
  expect(stderr).toContain('the daemon came back and the run goes on: a person decided')
})

test('B57: Ctrl-C detaches from a run, and says how to come back', async () => {
  const slow = { ...upScenario, streams: { events: { lines: runOf(plan), pauseMs: 300 } } }
  const { home, cwd } = await aPlace(slow)
  const up = landfall(['up', '--yes'], { home, cwd })
  await until(() => up.now().stderr.includes('ok    build api'))
  up.child.kill('SIGINT')
  const { code, stderr } = await up
  expect(code).toBe(130)
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('the run goes on: landfall attach run-17')
  expect(callsIn(home).map((c) => c.name)).not.toContain('cancel')
})

test('B57: Ctrl-C before there is a run just ends', async () => {
  const { home, cwd } = await aPlace({ ops: { plan: { ...upScenario.ops.plan, takesMs: 60_000 } } })
  const up = landfall(['up', '--yes'], { home, cwd })
  await until(() => callsIn(home).length > 0)
  up.child.kill('SIGINT')
  expect((await up).code).toBe(130)
})

test('B57: a reader that has enough is no error', async () => {
  const { home } = await aPlace({ streams: { logs: { isEndless: true } } })
  const logs = landfall(['logs', '-f'], { home, cwd: anAppIn(home) })
  await until(() => logs.now().stdout.length > 100)
  logs.child.stdout?.destroy()
  expect(await logs).toMatchObject({ code: 0, stderr: '' })
})

test('a daemon that dies in the middle of a run is started again and the run followed to its end', async () => {
  const slow = { ...upScenario, streams: { events: { lines: runOf(plan), pauseMs: 100 } } }
  const { home, cwd, daemon } = await aPlace(slow)
  const up = landfall(['up', '--yes', '--json'], { home, cwd })
  await until(() => up.now().stdout.split('\n').length > 3)
  daemon.child.kill('SIGKILL')
  const { code, stdout } = await up
  expect(code).toBe(0)
  const seqs = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).seq)
  expect(seqs).toEqual(runOf(plan).map((e) => e.seq))
})

test('tasks are run by component and name, without a question', async () => {
  const { home, cwd } = await aPlace(upScenario)
  expect((await landfall(['run', 'server.seed'], { home, cwd })).code).toBe(0)
  expect((await landfall(['run', 'seed', cwd], { home })).code).toBe(0)
  expect(
    callsIn(home)
      .filter((c) => c.name === 'plan')
      .map((c) => c.input?.wish),
  ).toEqual([
    { type: 'task', component: 'server', task: 'seed' },
    { type: 'task', task: 'seed' },
  ])
})

test('down and rollback ask for their own wish', async () => {
  const down = downPlan()
  const { home, cwd } = await aPlace({
    ...upScenario,
    ops: { ...upScenario.ops, plan: { answer: { plan: down, findings: [], text: [], urls: [] } } },
  })
  const { stderr } = await landfall(['down', '--yes'], { home, cwd })
  expect(stderr).toContain('r1 → nothing serves')
  expect(callsIn(home)[0]?.input).toMatchObject({ wish: { type: 'down' } })
})

test('the first plan of all is told as such', async () => {
  const first = firstPlan()
  const { home, cwd } = await aPlace({ ops: { plan: { answer: { plan: first, findings: [], text: [], urls: [] } } } })
  expect((await landfall(['plan'], { home, cwd })).stdout).toContain('first release, r1')
})
