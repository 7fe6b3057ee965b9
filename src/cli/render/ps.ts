import type { Instance, Notice } from '../../model/plug.ts'
import type { CronState, PsAnswer, RunRow } from '../../ops/contract.ts'
import { cleanLine } from './clean.ts'
import { localTime, uptime } from './duration.ts'
import { renderHint } from './error.ts'
import type { Look } from './look.ts'
import { type Column, table } from './table.ts'
import { percent } from './uptime.ts'
import { renderUrls } from './urls.ts'
import { hang } from './width.ts'

/** Of each app; `--json` has all. */
const NOTICES = 5

type App = PsAnswer['apps'][number]

const columnsOf = ({ paint }: Look): Column[] => [
  { title: 'component' },
  { title: 'release' },
  { title: 'state' },
  { title: 'instances', isRight: true },
  { title: 'memory', isRight: true },
  { title: 'up', isRight: true },
  { title: 'restarts', isRight: true },
  { title: '', paint: paint.yellow },
]

export function renderPs(answer: PsAnswer, look: Look, now = Date.now()): string {
  const apps = answer.apps.map((app) => appBlock(app, look, now))
  if (apps.length === 0) apps.push('nothing is deployed here yet\n')
  return [...apps, look.paint.dim(machinery(answer))].join('\n')
}

function appBlock(app: App, look: Look, now: number): string {
  const { paint } = look
  const title = `${paint.bold(`${app.app}/${app.environment}`)}  ${app.release ?? paint.dim('nothing serves')}`
  const rows = app.components.map((component) => componentRow(component, look, now))
  return [
    title,
    ...renderUrls(app.urls, look, '  '),
    ...table(columnsOf(look), rows, look, '  '),
    ...volumeLine(app, look),
    ...available(app, look),
    ...app.openRuns.map((run) => openRun(run, look, now)),
    ...noticeLines(app.notices, look),
    '',
  ].join('\n')
}

/** `volumes: db-data 47 MiB, uploads 1.2 of 10 GiB`. */
function volumeLine({ volumes = [] }: App, { paint, columns }: Look): string[] {
  const sized = volumes.filter((v) => v.bytes !== undefined)
  if (sized.length === 0) return []
  const texts = sized.map(({ name, bytes = 0, wishedMiB }) => {
    if (wishedMiB === undefined) return `${name} ${sizeText(bytes)}`
    const text = `${name} ${sizeText(bytes)} of ${sizeText(wishedMiB * 1024 ** 2)}`
    return bytes > wishedMiB * 1024 ** 2 ? paint.yellow(text) : text
  })
  return [hang(`  ${paint.dim('volumes:')} ${texts.join(', ')}`, columns, 4)]
}

function sizeText(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let size = bytes / 1024
  while (size >= 1024 && units.length > 1) {
    size /= 1024
    units.shift()
  }
  return `${size < 10 && size % 1 > 0.05 ? size.toFixed(1) : Math.round(size)} ${units[0]}`
}

function available({ availability }: App, { paint }: Look): string[] {
  if (!availability) return []
  const { asked, passed } = availability
  const text = `checks passed ${percent(passed, asked)} of ${asked} times in the last day`
  return [`  ${passed < asked ? paint.yellow(text) : paint.dim(text)}`]
}

function componentRow({ name, type, release, instances, cron }: App['components'][number], look: Look, now: number): string[] {
  const { paint } = look
  if (cron) return [name, release, cronText(cron, look), '', '', '', '', cronRemark(cron)]
  if (type === 'static') return [name, release, paint.green('published'), '', '', '', '', '']
  const living = instances.filter((i) => i.pid !== undefined)
  const memory = instances.reduce((sum, i) => sum + (i.memoryMiB ?? 0), 0)
  const starts = living.map((i) => Date.parse(i.startedAt ?? '')).filter((at) => !Number.isNaN(at))
  const restarts = instances.reduce((sum, i) => sum + i.restarts, 0)
  const remarks = [...new Set(instances.map((i) => i.remark).filter((r) => r !== undefined))]
  return [
    name,
    release,
    stateOf(instances, look),
    String(instances.length),
    memory > 0 ? `${Math.round(memory)} MiB` : '',
    starts.length > 0 ? uptime(now - Math.max(...starts)) : '',
    restarts > 0 ? paint.yellow(String(restarts)) : '',
    cleanLine(remarks.join('; ')),
  ]
}

/** `next 03:30 (30 3 * * *)`, or that it runs. */
function cronText({ expression, isRunning, nextAt }: CronState, { paint }: Look): string {
  if (isRunning) return paint.green('running')
  return nextAt ? `next ${localTime(nextAt)} ${paint.dim(`(${expression})`)}` : paint.red('never due again')
}

function cronRemark({ last }: CronState): string {
  if (!last?.state || last.state === 'done') return ''
  return cleanLine(`${last.run} ${last.state}: ${last.message ?? ''}`)
}

/** The states there are, each with how many have it where they differ. */
function stateOf(instances: Instance[], { paint }: Look): string {
  const counts = new Map<Instance['state'], number>()
  for (const { state } of instances) counts.set(state, (counts.get(state) ?? 0) + 1)
  if (counts.size === 0) return paint.red('not running')
  const colour = (state: Instance['state']) => {
    if (state === 'running') return paint.green
    if (state === 'failed' || state === 'crash-looping') return paint.red
    if (state === 'ended') return paint.green
    return state === 'stopped' ? paint.dim : paint.yellow
  }
  // A job that exits 0 has done what it is there for.
  const word = (state: Instance['state']) => (state === 'ended' ? 'succeeded' : state)
  return [...counts].map(([state, n]) => colour(state)(counts.size === 1 ? word(state) : `${n} ${word(state)}`)).join(', ')
}

function openRun({ run, intent, step, state, startedAt }: RunRow, look: Look, now: number): string {
  const { paint } = look
  const isWaiting = state === 'waiting'
  const what = paint.yellow(isWaiting ? `${run} (${intent}) waits for your decision` : `${run} (${intent}) goes on`)
  const where = `, since ${uptime(now - Date.parse(startedAt))}${step ? `: ${cleanLine(step)}` : ''}`
  const next = isWaiting ? `landfall resume ${run}, or landfall cancel ${run}` : `landfall attach ${run}`
  return `  ${what}${where}\n  ${renderHint(next, look)}`
}

/** The newest; that instances were found again after a restart of ours is nobody's worry. */
function noticeLines(notices: Notice[], { paint, signs }: Look): string[] {
  const worth = notices.filter((n) => n.code !== 'adopted').sort((a, b) => (a.at < b.at ? -1 : 1))
  const shown = worth.slice(-NOTICES)
  const lines = shown.map(({ at, component, release, code, message }) => {
    const text = `${component} ${release}: ${cleanLine(message)}`
    return `  ${paint.dim(localTime(at))} ${code === 'note' || code === 'restarted' ? paint.dim(text) : paint.yellow(text)}`
  })
  const left = worth.length - shown.length
  return left > 0 ? [paint.dim(`  ${signs.dots} ${left} earlier`), ...lines] : lines
}

function machinery({ daemon, edge }: PsAnswer): string {
  const first = `daemon ${daemon.version}, pid ${daemon.pid}, ${Math.round(daemon.memoryMiB)} MiB`
  if (!edge) return `${first}; the edge does not run`
  const load = `${thousands(edge.requests)} requests, ${edge.open} open`
  return `${first}; edge pid ${edge.pid}, ${Math.round(edge.memoryMiB)} MiB, ${load}`
}

/** `1,023,399`; toLocaleString would load all of the world's languages for it. */
const thousands = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, ',')
