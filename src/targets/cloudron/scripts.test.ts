import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { exportApp } from '../../../test/export-of.ts'

const written = () =>
  exportApp({
    folder: resolve('examples/communityrule'),
    target: 'cloudron',
    options: { image: 'git.example.org/team/app' },
    today: '2026-11-21',
  })

test('the release script builds, pushes and pulls without an account, under the version of the manifest', async () => {
  const folder = await project()
  const first = await sh(folder, 'scripts/docker-release.sh')
  expect(first.code, first.said).toBe(0)
  const ref = 'git.example.org/team/app:1.0.0'
  expect(calls(folder)).toEqual([
    `--config <empty> manifest inspect ${ref}`,
    `build --platform linux/amd64 -t ${ref} -f Dockerfile.cloudron .`,
    `push ${ref}`,
    `--config <empty> pull --quiet --platform linux/amd64 ${ref}`,
  ])
  expect(first.said).toContain(`cloudron update --image ${ref} --app communityrule.info`)
})

test('a version that was pushed before is not pushed again, and one that nobody may pull is told', async () => {
  const folder = await project()
  const again = await sh(folder, 'scripts/docker-release.sh', { THERE: 'yes' })
  expect([again.code, again.said]).toEqual([1, expect.stringContaining('is there already')])
  expect(calls(folder).filter((line) => line.startsWith('push'))).toEqual([])
  const hidden = await sh(folder, 'scripts/docker-release.sh', { HIDDEN: 'yes', TAG: '1.0.1' })
  expect([hidden.code, hidden.said]).toEqual([1, expect.stringContaining('cannot be pulled without an account')])
  expect(hidden.said).toContain('CloudronManifest.json says 1.0.0, and the tag is 1.0.1')
})

test('the smoke script asks the app at the address that it is given, and fails by what the answer lacks', async () => {
  const folder = await project()
  let rules = '{"rules":[]}'
  const answers: Record<string, () => string> = {
    '/': () => 'Decide together',
    '/api/health': () => '{"ok":true,"database":"connected"}',
    '/api/templates': () => '{"templates":[]}',
    '/api/rules': () => rules,
    '/api/auth/session': () => '{"user":null}',
  }
  const server = createServer((request, response) => {
    const made = answers[request.url ?? '']
    response.statusCode = made ? 200 : 404
    response.end(made?.())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/` // A TCP server's address is one.
  const good = await sh(folder, 'smoke.sh', {}, base)
  expect([good.code, good.said.match(/^ok/gm)?.length]).toEqual([0, 5])
  rules = '{}'
  const bad = await sh(folder, 'smoke.sh', {}, base)
  expect([bad.code, bad.said]).toEqual([1, expect.stringContaining('failed  rules: the answer lacks: "rules":[')])
  expect((await sh(folder, 'smoke.sh')).code).toBe(2)
})

test('headers of an answer and where a redirect leads are looked at', async () => {
  const checks = [
    { name: 'style', get: '/style.css', answerHeaders: { 'content-type': 'text/css; charset=utf-8' } },
    { name: 'start', get: '/', status: 302, location: '/portal/?from=check' },
  ]
  const manifest = { app: 'shop', components: { web: { type: 'web', source: '.', build: { type: 'node' }, port: 3000 } }, checks }
  const folder = await project()
  const routes = [{ host: 'shop.example', to: 'web' }]
  const { files } = await exportApp({ folder, manifest: { ...manifest, routes }, target: 'cloudron', today: '2026-11-21' })
  put(join(folder, 'headers.sh'), files['smoke.sh']?.text ?? '')
  let type = 'text/css; charset=utf-8'
  const server = createServer((request, response) => {
    if (request.url === '/style.css') response.setHeader('Content-Type', type)
    // As nginx does: with the whole address.
    else response.writeHead(302, { location: 'http://shop.example/portal/?from=check' })
    response.end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // A TCP server's address is one.
  const good = await sh(folder, 'headers.sh', {}, base)
  expect([good.code, good.said.match(/^ok/gm)?.length], good.said).toEqual([0, 2])
  type = 'text/plain'
  const bad = await sh(folder, 'headers.sh', {}, base)
  expect([bad.code, bad.said]).toEqual([1, expect.stringContaining('failed  style: the answer lacks the header content-type')])
})

/** What the export wrote, and a `docker` that writes down what it was asked: a registry is nobody's to fill in a test. */
async function project(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-cloudron-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { files } = await written()
  for (const [path, { text }] of Object.entries(files)) put(join(folder, path), text)
  // Wherever it lies in the project, it works beside CloudronManifest.json.
  put(join(folder, 'scripts/docker-release.sh'), files['docker-release.sh']?.text ?? '')
  const docker = `#!/bin/sh
if [ "$1" = --config ]; then [ -z "$(ls -A "$2")" ] || exit 9; shift 2; set -- --config '<empty>' "$@"; fi
echo "$*" >> '${folder}/calls'
case "$*" in *'manifest inspect'*) [ -n "\${THERE-}" ] ;; *pull*) [ -z "\${HIDDEN-}" ] ;; esac
`
  put(join(folder, 'bin/docker'), docker)
  return folder
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

const calls = (folder: string) => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')

function sh(
  folder: string,
  script: string,
  env: Record<string, string> = {},
  ...args: string[]
): Promise<{ code: number; said: string }> {
  const path = `${join(folder, 'bin')}:${process.env.PATH}`
  return new Promise((done) => {
    execFile(
      '/bin/sh',
      [join(folder, script), ...args],
      { cwd: tmpdir(), env: { ...process.env, ...env, PATH: path } },
      (error, out, err) => {
        done({ code: error ? Number(error.code ?? 1) : 0, said: `${out}${err}` })
      },
    )
  })
}
