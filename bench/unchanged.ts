import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeApp } from '../test/e2e/an-app.ts'
import { freePort, Machine } from '../test/e2e/helpers.ts'
import { median, medianTime, ms, type Section, timed, versionOf } from './section.ts'

const ROUNDS = 7

/**
 * A release whose build is there already, as after a change of a variable: what it costs beyond the app's own start. The same app,
 * the same machine, everybody's usual way of replacing it without downtime.
 */
export default async function unchanged(): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const app = join(folder, 'app')
    writeApp(app)
    await medianTime(3, () => startAlone(app)) // Warms the disk's cache, for all who come after.
    const own = await medianTime(2 * ROUNDS, () => startAlone(app))
    const rows: string[][] = [['', 'whole', 'beyond the app’s own start']]
    const add = (name: string, whole: number) =>
      rows.push([name, ms(whole), whole - own < 1 ? 'nothing that could be measured' : ms(whole - own)])
    rows.push(['the app alone, from its start to its first healthy answer', ms(own), ''])
    add(
      'Landfall: `landfall up` after `landfall env set`, planned, journaled, smoke-checked, acknowledged by the edge',
      await withLandfall(),
    )
    const pm2 = await withPm2(app, folder)
    if (pm2) add(`pm2 ${pm2.version}: \`pm2 reload\` of one instance in cluster mode`, pm2.whole)
    const caddy = await withCaddy(app, folder)
    if (caddy)
      add(`Caddy ${caddy.version}: a script that starts, waits and changes the upstream through the admin API`, caddy.whole)
    return {
      title: 'A release of an unchanged build',
      text: `Middle of ${ROUNDS} rounds, each from the command to its end. Draining the old instance comes afterwards everywhere.`,
      table: rows,
      broken: [],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function withLandfall(): Promise<number> {
  const machine = await Machine.make()
  try {
    const place = join(machine.folder, 'app')
    writeApp(place, { more: ['env:', '  ROUND: { default: "0" }'], component: ['stop: { drain: 1s }'] })
    await machine.must(['up', '--yes'], { cwd: place })
    const times: number[] = []
    for (let round = 1; round <= ROUNDS; round++) {
      await machine.must(['env', 'set', `ROUND=${round}`], { cwd: place })
      times.push((await timed(() => machine.must(['up', '--yes'], { cwd: place }))).ms)
      await sleep(1500)
    }
    return median(times)
  } finally {
    await machine.close()
  }
}

async function withPm2(app: string, folder: string): Promise<{ whole: number; version: string } | undefined> {
  const place = join(folder, 'pm2')
  try {
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', place, 'pm2'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const env = { ...process.env, PM2_HOME: join(folder, 'pm2-home'), PORT: String(await freePort()), LANDFALL_RELEASE: 'pm2' }
  const pm2 = (...args: string[]) => execFileSync(join(place, 'node_modules/.bin/pm2'), args, { cwd: app, env, stdio: 'ignore' })
  try {
    pm2('start', 'server.mjs', '--name', 'app', '-i', '1')
    await healthy(env.PORT)
    const whole = await medianTime(ROUNDS, () => pm2('reload', 'app'))
    const version = versionOf(join(place, 'node_modules/.bin/pm2'), ['--version']) ?? ''
    return { whole, version }
  } finally {
    pm2('kill')
  }
}

async function withCaddy(app: string, folder: string): Promise<{ whole: number; version: string } | undefined> {
  const version = versionOf('caddy', ['version'])
  if (!version) return undefined
  const [admin, listen] = [await freePort(), await freePort()]
  const config = join(folder, 'caddy.json')
  const upstreams = (port: number) => [{ dial: `127.0.0.1:${port}` }]
  const server = {
    listen: [`127.0.0.1:${listen}`],
    automatic_https: { disable: true },
    routes: [{ handle: [{ handler: 'reverse_proxy', upstreams: upstreams(1) }] }],
  }
  writeFileSync(config, JSON.stringify({ admin: { listen: `127.0.0.1:${admin}` }, apps: { http: { servers: { app: server } } } }))
  const env = { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const caddy = spawn('caddy', ['run', '--config', config], { env, stdio: 'ignore' })
  const running: ChildProcess[] = []
  try {
    await until(() => fetch(`http://127.0.0.1:${admin}/config/`))
    const whole = await medianTime(ROUNDS, async () => {
      const { child, port } = await launch(app)
      running.push(child)
      await healthy(port)
      const at = `http://127.0.0.1:${admin}/config/apps/http/servers/app/routes/0/handle/0/upstreams`
      const body = JSON.stringify(upstreams(Number(port)))
      const answer = await fetch(at, { method: 'PATCH', body, headers: { 'content-type': 'application/json' } })
      if (!answer.ok) throw new Error(`Caddy said ${answer.status}: ${await answer.text()}`)
    })
    return { whole, version: version.split(' ')[0] ?? version }
  } finally {
    for (const child of [...running, caddy]) child.kill('SIGKILL')
  }
}

async function startAlone(app: string): Promise<void> {
  const { child, port } = await launch(app)
  await healthy(port)
  child.kill('SIGKILL')
}

async function launch(app: string): Promise<{ child: ChildProcess; port: string }> {
  const port = String(await freePort())
  const env = { ...process.env, PORT: port, LANDFALL_RELEASE: 'alone' }
  return { child: spawn(process.execPath, ['server.mjs'], { cwd: app, env, stdio: 'ignore' }), port }
}

function healthy(port: string): Promise<void> {
  return until(() => fetch(`http://127.0.0.1:${port}/health`))
}

async function until(ask: () => Promise<Response>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(5)) {
    try {
      if ((await ask()).ok) return
    } catch {
      // Not yet.
    }
  }
  throw new Error('it did not become healthy')
}
