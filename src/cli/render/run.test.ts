import pc from 'picocolors'
import { expect, onTestFinished, test } from 'vitest'
import { downPlan, firstPlan, nextPlan, runOf, shrinkingPlan } from '../../../test/wire/samples.ts'
import { cleanLine, cleanText } from './clean.ts'
import { liveRunView } from './live-run.ts'
import { type Look, plainLook } from './look.ts'
import { renderPlan } from './plan.ts'
import { plainRunView } from './run.ts'
import { TerminalFilter } from './terminal-filter.ts'
import { unitText } from './unit.ts'
import { cutTo, widthOf, wrap } from './width.ts'

const narrow: Look = { ...plainLook, columns: 60, rows: 24, isTerminal: true }
const coloured: Look = { ...plainLook, paint: pc.createColors(true) }

test('a plan names its stages, steps, waits and what they cost', () => {
  expect(renderPlan(nextPlan(), plainLook).split('\n')).toEqual([
    '  shop/local  r1 → r2',
    '',
    '  Build          + build api',
    '                 + build web',
    '  Release steps  > run migrate of api, once, with r2',
    '  Start beside   + start web r2 (2 instances)',
    '                 · wait until web r2 is healthy',
    '                 ! hold requests for api, at most 30 s',
    '                 - stop api r1',
    '                 + start api r2',
    '                 · wait until api r2 is healthy',
    '                 · smoke: 1 check on r2, before it has traffic',
    '  Switch         ~ switch 3 routes',
    '                     shop.example to web r2',
    '                     shop.example/api to api r2',
    '                     www.shop.example to web r2',
    '                 ! requests wait or fail for about 5 s',
    '  Retire         - drain web r1, at most 30 s, then stop it',
    '',
    '  waits          two instances of api must not write at once: requests wait while it is replaced, at most 30 s (W_REPLACED)',
    '',
    expect.stringMatching(/^ {2}12 steps · requests wait or fail for about 5 s · plan [0-9a-f]{16}$/),
  ])
})

test('a plan fits the terminal, and long lines go on below their own column', () => {
  for (const line of renderPlan(nextPlan(), narrow).split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(60)
  expect(renderPlan(nextPlan(), narrow)).toContain('smoke: 1 check on r2, before it has\n                   traffic')
})

test('what is removed for good stands in red and in the summary', () => {
  const plan = renderPlan(shrinkingPlan(), coloured)
  const red = '\u001b[31m'
  expect(plan).toContain(`${red}api is no longer in the manifest`)
  expect(renderPlan(shrinkingPlan(), plainLook)).toContain(' · 1 thing is removed · ')
})

test('a first release and the end of everything say so in their first line', () => {
  expect(renderPlan(firstPlan(), plainLook)).toContain('shop/local  first release, r1')
  expect(renderPlan(downPlan(), plainLook)).toContain('shop/local  r1 → nothing serves')
  expect(renderPlan(downPlan(), plainLook)).not.toContain('no request waits')
})

function written(): { text: () => string; write: (text: string) => void } {
  let all = ''
  return {
    text: () => all,
    write(text) {
      all += text
    },
  }
}

test('in a pipe a run is one line per step, without escapes', () => {
  const to = written()
  const view = plainRunView(plainLook, to.write)
  for (const event of runOf(nextPlan(), { stage: 2, step: 1 })) view.event(event)
  expect(to.text().split('\n').slice(0, 8)).toEqual([
    'run-17 shop/local r2',
    'ok    build api (12.4 s)',
    'ok    build web (12.4 s)',
    'ok    run migrate of api, once, with r2 (0.2 s)',
    'ok    start web r2 (2 instances) (0.2 s)',
    'wait  GET http://127.0.0.1:20017/health answered 503',
    'FAIL  wait until web r2 is healthy (1 min 00 s)',
    'undo  stop api r2 (0.1 s)',
  ])
  expect(to.text()).not.toContain('\u001b')
})

/** What a terminal of unlimited height shows after these bytes. */
function screenOf(text: string): string[] {
  const lines: string[] = ['']
  let row = 0
  let column = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own language
  for (const [part, up] of text.matchAll(/\x1b\[(\d+)A|\x1b\[J|\x1b\[\?25[lh]|\x1b\[\d*m|\r|\n|[^\x1b\r\n]+/g)) {
    if (up) row = Math.max(0, row - Number(up))
    else if (part === '\u001b[J') {
      lines.length = row + 1
      lines[row] = (lines[row] ?? '').slice(0, column)
    } else if (part === '\r') column = 0
    else if (part === '\n') {
      row += 1
      column = 0
      lines[row] ??= ''
    } else if (!part.startsWith('\u001b')) {
      lines[row] = (lines[row] ?? '').slice(0, column) + part
      column += part.length
    }
  }
  return lines
}

test('on a terminal what is over stays, what goes on moves, and what comes stands below', () => {
  const to = written()
  let clock = Date.parse('2026-11-21T10:00:00Z')
  const view = liveRunView(narrow, to.write, { now: () => clock })
  onTestFinished(() => view.close())
  const events = runOf(nextPlan())
  const until = events.findIndex((e) => e.type === 'step' && e.what === 'await-healthy' && e.state === 'started')
  for (const event of events.slice(0, until + 2)) {
    clock = Date.parse(event.at)
    view.event(event)
  }
  expect(screenOf(to.text()).slice(0, 12)).toEqual([
    '  shop/local  r1 → r2',
    '',
    '  Build          ✓ build api                         12.4 s',
    '                 ✓ build web                         12.4 s',
    '  Release steps  ✓ run migrate of api, once, w…       0.2 s',
    '  Start beside   ✓ start web r2 (2 instances)         0.2 s',
    '                 ⠋ wait until web r2 is healthy       0.4 s',
    '                 │ GET http://127.0.0.1:20017/health answe…',
    '                 · hold requests for api, at most 30 s',
    '                 · stop api r1',
    '                 · start api r2',
    '                 · wait until api r2 is healthy',
  ])
  for (const line of screenOf(to.text())) expect(widthOf(line), line).toBeLessThan(60)
})

test('at its end the terminal has the lines of the steps and its cursor, nothing else', () => {
  const to = written()
  const view = liveRunView(narrow, to.write)
  for (const event of runOf(nextPlan())) view.event(event)
  view.close()
  expect(screenOf(to.text()).filter((line) => line.includes('·') || line.includes('⠋'))).toEqual([])
  expect(to.text().lastIndexOf('\u001b[?25h')).toBeGreaterThan(to.text().lastIndexOf('\u001b[?25l'))
})

test('a plan longer than the terminal leaves its end out, not its beginning', () => {
  const to = written()
  const view = liveRunView({ ...narrow, rows: 12 }, to.write)
  onTestFinished(() => view.close())
  for (const event of runOf(nextPlan()).slice(0, 2)) view.event(event)
  const screen = screenOf(to.text())
  expect(screen.length).toBeLessThanOrEqual(14)
  expect(screen.join('\n')).toMatch(/… \d+ more/)
})

test('a line of a megabyte is cut, and says how long it was', () => {
  const line = cleanLine('x'.repeat(1024 * 1024))
  expect(line.length).toBeLessThan(4_100)
  expect(line).toContain('(cut; the line has 1048576 characters)')
  expect(
    cleanText(`a\n${'y'.repeat(1024 * 1024)}\nb`)
      .split('\n')
      .map((l) => l.length < 4_100),
  ).toEqual([true, true, true])
})

test('on a terminal a command keeps its colours and loses the rest, also when it comes in pieces', () => {
  const filter = new TerminalFilter()
  const bytes = Buffer.from('\u001b[32mok\u001b[0m \u001b]0;title\u0007é\u001b[2J\r50%\n')
  let shown = ''
  for (const byte of bytes) shown += filter.clean(Uint8Array.of(byte))
  expect(shown).toBe('\u001b[32mok\u001b[0m é\r50%\n')
})

test('text is cut and broken by the columns it takes', () => {
  expect(widthOf('日本語 é \u001b[31mx\u001b[0m')).toBe(10)
  expect(cutTo('日本語テキスト', 7)).toBe('日本語…')
  expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrap('  one two three', 9)).toEqual(['  one two', 'three'])
})

test('a unit for systemd ends the daemon alone, and quotes what people call their folders', () => {
  const text = unitText({ node: '/opt/node', cli: '/opt/a "b"/cli.mjs', home: '/srv/100% mine', user: 'deploy' })
  expect(text).toContain('ExecStart="/opt/node" "/opt/a \\"b\\"/cli.mjs" serve --foreground')
  expect(text).toContain('Environment="LANDFALL_HOME=/srv/100%% mine"')
  expect(text).toContain('User=deploy')
  expect(text).toContain('KillMode=process')
})
