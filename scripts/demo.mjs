// npm run demo [-- <example>|stop]: the product's story in a minute, told with the real command line. It ends while the app goes on,
// and fails loudly when any figure is not what it should be. The first URL that it prints is the app's.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fail, root, seconds, underPinnedNode } from './setup.mjs'

await underPinnedNode(import.meta.url)
const started = Date.now()
const { default: pc } = await import('picocolors')
const wish = process.argv[2] ?? 'communityrule'
const home = process.env.LANDFALL_HOME || demoHome()
const env = { ...process.env, LANDFALL_HOME: home }
const cli = join(root, 'bin/landfall.cjs')
const source = join(home, 'demo', wish)
let url = ''

try {
  if (wish === 'stop') await stop()
  else await tell()
} catch (error) {
  fail(`\n${pc.red('the demo failed:')} ${error instanceof Error ? error.message : error}`)
}

/** Root's own home is closed to the users that instances run as; so this one is not in it. */
function demoHome() {
  if (process.getuid() === 0) return '/var/lib/landfall-demo'
  return join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'landfall-demo')
}

async function tell() {
  const from = join(root, 'examples', wish)
  if (!existsSync(join(from, 'landfall.yaml'))) {
    const names = readdirSync(join(root, 'examples')).filter((name) => existsSync(join(root, 'examples', name, 'landfall.yaml')))
    throw new Error(`there is no example ${wish}; there are: ${names.join(', ')}`)
  }
  await build()
  copySource(from)
  console.log(`${pc.bold('Landfall')}: ${wish}, kept in ${home}`)
  // A daemon of an earlier demo makes way for this build; its apps go on.
  await landfall(['stop'], { isQuiet: true })

  const storyFile = join(root, 'scripts/demo', `${wish}.mjs`)
  const story = existsSync(storyFile) ? (await import(storyFile)).story : undefined
  if (story?.env) {
    const values = Object.entries(story.env).map(([name, value]) => `${name}=${value}`)
    expect((await landfall(['env', 'set', ...values], { isQuiet: true })).code === 0, 'env set failed')
  }
  const first = await landfall(['up', '--yes'])
  expect(first.code === 0, 'the app did not come up')
  url = first.url ?? (await serving()).url
  expect(/^http:\/\/localhost:\d+$/.test(url), `no URL that any program can open: ${url}`)
  if (story) await expectHealth(story)
  console.log(`\n  ${pc.green('●')} ${pc.bold(url)} answers, ${seconds(Date.now() - started)} after the start\n`)
  if (story) await releaseUnderLoad(story)
  end()
}

/**
 * A release and, where the story has one, a broken release and the way back, all under load. `begin` of the story may make an
 * account first, and says who asks and how to count what was written; `after` looks at what must have outlived all of it.
 */
async function releaseUnderLoad(story) {
  for (const task of story.tasks ?? []) expect((await landfall(['run', task], { isBrief: true })).code === 0, `${task} failed`)
  const before = await serving()
  const at = urlOf(before, story)
  const { startLoad } = await import('../bench/load.ts')
  const begun = (await story.begin?.({ url: at, expect, landfall })) ?? {}
  const { rows, headers, write } = begun
  const written = (await rows?.())?.rows ?? 0
  const { clients = 16, sockets } = story
  const load = await startLoad({
    url: at,
    clients,
    pauseMs: 25,
    reads: story.reads,
    ...(headers && { headers }),
    ...(write && { write }),
    ...(sockets && { sockets: { count: 20, path: sockets } }),
  })
  const withSockets = sockets ? ' and 20 WebSockets' : ''
  const withRows = write ? '; one request in ten writes a row' : ''
  console.log(pc.dim(`${clients} connections${withSockets} are under way from now on${withRows}.\n`))

  console.log(pc.bold(`Release ${story.better.title}`))
  story.better.apply(source)
  expect((await landfall(['up', '--yes'], { isBrief: true })).code === 0, 'the new version did not come up')
  const better = await serving()
  expect(better.release !== before.release, 'the new version made no release')
  if (story.better.shows) await expectShown(urlOf(better, story.better.shows), story.better.shows)
  const last = story.broken ? await refuseAndGoBack(story, before, better, load) : better

  const result = await load.stop()
  expect(result.failed === 0, `${result.failed} of ${result.requests} requests failed:\n${result.failures.join('\n')}`)
  const counted = rows ? await countRows(rows, written, result.accepted.length) : ''
  const waited = story.waits ? `; the longest waited ${(result.ms.max / 1000).toFixed(1)} s` : ''
  await story.after?.({ url: at, expect, begun })
  const figures = `${result.requests} requests, ${result.failed} failed, ${last.release} serves${story.broken ? ' again' : ''}`
  console.log(`  ${pc.green('●')} ${pc.bold(figures)}${waited}${counted}`)
  if (story.proven) console.log(`  ${pc.green('●')} ${story.proven}`)
  console.log()
}

async function refuseAndGoBack(story, before, better, load) {
  console.log(pc.bold(`\nRelease ${story.broken.title}`))
  story.broken.apply(source)
  const refused = await landfall(['up', '--yes', '--json'], { shown: ['up'], isQuiet: true })
  const why = refused.events.findLast((event) => event.type === 'end')
  expect(refused.code === 1, `the broken version ended with ${refused.code}, not 1`)
  expect(why?.error?.message, 'the broken version was refused without a reason')
  const still = await serving()
  expect(still.release === better.release, `${still.release} serves, not ${better.release}`)
  const soFar = await load.stats()
  expect(soFar.failed === 0, `${soFar.failed} of ${soFar.requests} requests failed:\n${soFar.failures.join('\n')}`)
  console.log(`  refused: ${why.error.message}`)
  for (const line of (why.error.detail ?? '').split('\n').slice(0, 3))
    if (line) console.log(pc.dim(`           ${line.slice(0, 140)}`))
  console.log(
    `  ${pc.green('●')} ${pc.bold(`${soFar.requests} requests, ${soFar.failed} failed, ${still.release} still serving`)}`,
  )

  console.log(pc.bold('\nBack to the version before'))
  expect((await landfall(['rollback', before.release, '--yes'], { isBrief: true })).code === 0, 'the rollback failed')
  const back = await serving()
  expect(back.release === before.release, `${back.release} serves after the rollback, not ${before.release}`)
  return back
}

async function countRows(rows, written, accepted) {
  const found = await rows()
  expect(found.twice.length === 0, `${found.twice.length} rows were written twice`)
  expect(found.rows - written === accepted, `${accepted} writes were answered, ${found.rows - written} rows are there`)
  return `; ${accepted} rows written, each there once`
}

function end() {
  const typed = `LANDFALL_HOME=${home} node ${cli.includes(' ') ? `'${cli}'` : cli}`
  console.log(`The app goes on at ${pc.bold(url)}; its source is in ${source}.`)
  console.log(`  its logs    ${typed} logs ${source}`)
  console.log(`  what runs   ${typed} ps`)
  console.log('  the end     npm run demo -- stop')
  console.log(pc.dim(`all of it took ${seconds(Date.now() - started)}`))
}

async function stop() {
  for (const { app, environment, folder } of await apps()) {
    const done = await landfall(['down', folder, '--env', environment, '--yes'], { cwd: root, isBrief: true })
    expect(done.code === 0, `${app} could not be taken down`)
  }
  await landfall(['stop', '--edge'], { cwd: root })
  console.log(`stopped. Data and releases stay in ${home}; \`rm -r ${home}\` removes them.`)
}

/** What was built before stays: `dist` is made anew only where the sources changed, in a second. */
async function build() {
  const built = await run(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root })
  expect(built.code === 0, `the build failed\n${built.text}`)
}

function copySource(from) {
  rmSync(source, { recursive: true, force: true })
  mkdirSync(source, { recursive: true })
  cpSync(from, source, { recursive: true, filter: (path) => !/\/(node_modules|dist)$/.test(path) })
}

async function apps() {
  const { code, text } = await run(process.execPath, [cli, 'ps', '--json'], { cwd: root, stderr: 'ignore' })
  expect(code === 0, `ps ended with ${code}`)
  return JSON.parse(text).apps
}
async function serving() {
  const [app] = (await apps()).filter(({ folder }) => folder === source)
  expect(app, `nothing of ${source} runs`)
  return { release: app.release, url: app.urls[0]?.url ?? '', urls: app.urls }
}

/** Of the host that a story names, or the app's first. */
function urlOf({ url: first, urls }, { host }) {
  const found = host === undefined ? first : urls.find((one) => one.host === `${host}.localhost`)?.url
  expect(found, `${host} has no URL`)
  return found
}

async function expectShown(at, { path, text }) {
  const page = await (await fetch(at + path)).text()
  expect(page.includes(text), 'the new version does not show')
}

async function expectHealth(story) {
  const { path, json } = story.health
  const answer = await fetch(urlOf(await serving(), story) + path)
  const body = await answer.json()
  expect(answer.status === 200, `${path} answers ${answer.status}`)
  for (const [key, value] of Object.entries(json)) expect(body[key] === value, `${path} says ${key}: ${body[key]}, not ${value}`)
}

/**
 * Runs a command as a person would type it, and shows it; `isBrief` leaves out the plan, which the steps repeat. Until the app's
 * URL is out, lines with another one are left out.
 */
async function landfall(args, { shown = args, isQuiet = false, isBrief = false, cwd = source } = {}) {
  if (!isQuiet || shown !== args) console.log(pc.cyan(`$ landfall ${shown.join(' ')}`))
  const found = { url: undefined, events: [] }
  let isPlan = isBrief
  const onLine = (line) => {
    const match = /http:\/\/localhost:\d+/.exec(line)
    found.url ??= match?.[0]
    if (args.includes('--json') && line.startsWith('{')) found.events.push(JSON.parse(line))
    if (/^run-\d+ /.test(line)) isPlan = false
    if (!isQuiet && !isPlan && line.trim() && (url || match || !line.includes('://'))) console.log(`  ${line}`)
  }
  const { code, text } = await run(process.execPath, [cli, ...args], { cwd, onLine })
  return { code, text, ...found }
}

function run(file, args, { cwd, onLine, stderr = 'pipe' }) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', stderr] })
    let text = ''
    let rest = ''
    const take = (chunk) => {
      text += chunk
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()
      for (const line of lines) onLine?.(line)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr?.setEncoding('utf8').on('data', take)
    child.on('error', reject)
    child.on('close', (code) => {
      if (rest) onLine?.(rest)
      resolve({ code, text })
    })
  })
}

function expect(condition, message) {
  if (!condition) throw new Error(message)
}
