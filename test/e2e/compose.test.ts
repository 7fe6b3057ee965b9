import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { needs } from '../capabilities.ts'
import { freePort, Machine, repositoryFolder } from './helpers.ts'

// docker-compose 1.29.2 is what Debian has; what is written for newer ones differs in `name`, `deploy` and `include`, and is held
// to the schema of the specification by src/targets/compose/compose.test.ts.
needs('docker', 'images', 'compose').describe('what is exported to Docker Compose', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lf-compose-'))
  const app = join(folder, 'communityrule')
  const project = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
  let machine: Machine
  let origin = ''

  beforeAll(async () => {
    machine = await Machine.make()
    cpSync(join(repositoryFolder, 'examples/communityrule'), app, {
      recursive: true,
      filter: (path) => !path.endsWith('/node_modules') && !path.endsWith('/dist'),
    })
    await machine.must(['export', 'compose', '-C', app, '--env', 'staging', '--option', 'compose=1.29'])
    fillIn(app, { GATEWAY_PORT: String(await freePort()) })
    origin = `http://127.0.0.1:${/GATEWAY_PORT=(\d+)/.exec(readFileSync(join(app, '.env'), 'utf8'))?.[1]}`
    // Builds go out by the network of the machine, which may have no other way out.
    const services = ['web', 'web-release', 'web-seed'].map((name) => `  ${name}: { build: { network: host } }`)
    writeFileSync(join(folder, 'network.yaml'), `services:\n${services.join('\n')}\n`)
  })
  afterAll(async () => {
    compose('down', '--volumes', '--timeout', '5')
    spawnSync('docker', ['image', 'rm', '--force', 'communityrule-web:1.0.0', 'shop-site:1.4.0'])
    await machine.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function compose(...args: string[]) {
    const files = ['-f', join(app, 'compose.yaml'), '-f', join(folder, 'network.yaml'), '--project-directory', app, '-p', project]
    const env = { ...process.env, COMPOSE_INTERACTIVE_NO_CLI: '1' }
    const done = spawnSync('docker-compose', [...files, ...args], { encoding: 'utf8', cwd: app, env, timeout: 280_000 })
    return { code: done.status, said: `${done.stdout}\n${done.stderr}` }
  }

  needs().test('comes up, with the release run before the app, and answers its smoke checks', () => {
    const up = compose('up', '--detach', '--build')
    expect(up.code, up.said.slice(-4000)).toBe(0)
    const started = (service: string) => {
      const id = spawnSync('docker', ['ps', '-aq', '--filter', `name=${project}_${service}_1`], {
        encoding: 'utf8',
      }).stdout.trim()
      const format = '{{.State.Status}} {{.State.ExitCode}} {{.State.StartedAt}} {{.State.FinishedAt}}'
      return spawnSync('docker', ['inspect', '--format', format, id], { encoding: 'utf8' }).stdout.trim().split(' ')
    }
    const [status, exit, , finished = ''] = started('web-release')
    expect([status, exit]).toEqual(['exited', '0'])
    expect(finished < (started('web')[2] ?? '')).toBe(true)
    const smoke = spawnSync(join(app, 'smoke.sh'), [origin], { encoding: 'utf8', timeout: 60_000 })
    expect(smoke.stdout).not.toContain('failed')
    expect(smoke.stdout.match(/^ok /gm)?.length).toBeGreaterThanOrEqual(4)
    expect(smoke.status).toBe(0)
  })

  needs().test('runs a task of the manifest, which the app then shows', async () => {
    const before = await fetchTemplates()
    const seed = compose('run', '--rm', '-T', 'web-seed')
    expect(seed.code, seed.said).toBe(0)
    expect(await fetchTemplates()).toBeGreaterThan(before)
  })

  needs().test('a host that is not the app’s learns nothing, and the port of the database is closed to the world', () => {
    const foreign = spawnSync('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: evil.example', origin], {
      encoding: 'utf8',
    })
    expect(foreign.stdout).toBe('421')
    expect(compose('port', 'db', '5432').said).not.toMatch(/:\d{4,5}\s/)
  })

  needs().test('a static component answers, deep links too, and nginx takes every file that was written for it', async () => {
    const shop = join(folder, 'shop')
    cpSync(join(repositoryFolder, 'test/corpus/targets/shop'), shop, { recursive: true })
    await machine.must(['export', 'compose', '-C', shop, '--option', 'compose=1.29'])
    const nginx = (...args: string[]) => spawnSync('docker', ['run', '--rm', ...args], { encoding: 'utf8', timeout: 60_000 })
    for (const file of ['gateway/default.conf', 'nginx/site.conf']) {
      const checked = nginx('-v', `${join(shop, file)}:/etc/nginx/conf.d/default.conf:ro`, 'nginx:1.29', 'nginx', '-t')
      expect(checked.status, checked.stderr).toBe(0)
    }
    fillIn(shop, {})
    const up = (...args: string[]) =>
      spawnSync('docker-compose', ['-f', join(shop, 'compose.yaml'), '-p', `${project}shop`, ...args], {
        encoding: 'utf8',
        cwd: shop,
      })
    try {
      const started = up('up', '--detach', '--build', 'site')
      expect(started.status, started.stderr).toBe(0)
      const asked = up(
        'exec',
        '-T',
        'site',
        'curl',
        '-sS',
        '--retry',
        '20',
        '--retry-connrefused',
        '--retry-delay',
        '1',
        'http://127.0.0.1/deep/link',
      )
      expect(asked.stdout, asked.stderr).toContain('<title>Shop</title>')
      expect(up('exec', '-T', 'site', 'ls', '/usr/share/nginx/html').stdout.trim().split(/\s+/)).toEqual(['index.html'])
    } finally {
      up('down', '--volumes', '--timeout', '5')
    }
  })

  needs().test('without a secret nothing starts, and compose says which one is missing', () => {
    const env = readFileSync(join(app, '.env'), 'utf8')
    writeFileSync(join(app, '.env'), env.replace(/^SESSION_SECRET=.*$/m, 'SESSION_SECRET='))
    const refused = compose('config')
    writeFileSync(join(app, '.env'), env)
    expect(refused.code).not.toBe(0)
    expect(refused.said).toContain('SESSION_SECRET')
  })

  async function fetchTemplates(): Promise<number> {
    const answer = spawnSync('curl', ['-s', '-H', 'Host: staging.communityrule.info', `${origin}/api/templates`], {
      encoding: 'utf8',
    })
    const body: unknown = JSON.parse(answer.stdout)
    return typeof body === 'object' && body !== null && 'templates' in body && Array.isArray(body.templates)
      ? body.templates.length
      : -1
  }
})

/** What the first manual step says to do, with values made here. */
function fillIn(folder: string, more: Record<string, string>): void {
  const example = readFileSync(join(folder, '.env.example'), 'utf8')
  const value = (name: string) => (name.endsWith('_PORT') ? '25' : `${name.toLowerCase().replaceAll('_', '')}${'x1'.repeat(12)}`)
  const made = example.replace(/^([A-Z_]+)=$/gm, (_, name: string) => `${name}=${value(name)}`)
  writeFileSync(
    join(folder, '.env'),
    `${made}\n${Object.entries(more)
      .map(([k, v]) => `${k}=${v}`)
      .join('\n')}\n`,
    { mode: 0o600 },
  )
}
