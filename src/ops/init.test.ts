// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shapeOf } from '../lib/error.ts'
import { findManifest } from '../manifest/find.ts'
import { loadManifest } from '../manifest/load.ts'
import type { App } from '../model/app.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import { inspectFolder, writeFirstManifest } from './init.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-init-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(files: Record<string, string | object>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), typeof text === 'string' ? text : JSON.stringify(text, null, 2))
  }
}

/** Inspects, writes, reads back: what `landfall init` and then `landfall up` do. */
async function init(files: Record<string, string | object>): Promise<{ app: App; text: string; codes: string[]; said: string }> {
  put(files)
  const { text, findings } = await inspectFolder(folder)
  if (process.env.SHOW) console.log(text, findings)
  expect(
    findings.filter((f) => f.level === 'error'),
    text,
  ).toEqual([])
  writeFirstManifest(folder, text)
  const loaded = loadManifest({
    files: findManifest(folder),
    environment: 'local',
    folder,
    outputs: (type) => resourceTypes[type]?.outputs,
  })
  expect(loaded.findings.filter((f) => f.level === 'error')).toEqual([])
  return {
    app: loaded.app!,
    text,
    codes: findings.map((f) => `${f.code} ${f.at}`),
    said: findings.map((f) => f.message).join('\n'),
  }
}
const words = (app: App, name = 'web') =>
  app.components.find((c) => c.name === name)?.command?.map((v) => (v.type === 'text' ? v.text : JSON.stringify(v)))
const entry = (app: App, name: string) => app.contract.find((e) => e.name === name)

test('express with pg: a web component, its database, its migration, its secrets', async () => {
  const { app, text, codes } = await init({
    'package.json': {
      name: '@acme/Shop App',
      scripts: { start: 'node src/server.js', migrate: 'node migrate.js', seed: 'node seed.js', build: 'tsc' },
      dependencies: { express: '4', pg: '8' },
    },
    'package-lock.json': { lockfileVersion: 3 },
    'src/server.js': "app.get('/api/health', ok)\napp.listen(process.env.PORT)",
    '.env.example':
      '# Where the shop keeps its orders\nDATABASE_URL=postgres://me:pw@localhost:5432/shop\nSESSION_SECRET=change-me\nSTRIPE_SECRET_KEY=\nLOG_LEVEL=info # debug, info or warn\nBASE_URL=http://localhost:3000\nNODE_ENV=development\nPORT=3000\n# optional\nSENTRY_DSN=\nPRICE=$5',
  })
  expect(app.name).toBe('shop-app')
  expect(app.components).toHaveLength(1)
  expect(words(app)).toEqual(['node', 'src/server.js'])
  expect(app.components[0]).toMatchObject({
    type: 'web',
    health: { type: 'http', path: '/api/health' },
    needs: ['db'],
    releaseSteps: [{ run: [{ text: 'npm' }, { text: 'run' }, { text: 'migrate' }] }],
  })
  expect(app.components[0]?.tasks.seed).toHaveLength(1)
  expect(app.resources).toEqual([{ name: 'db', type: 'postgres', options: {} }])
  expect(entry(app, 'DATABASE_URL')).toMatchObject({
    default: { type: 'output', resource: 'db', field: 'url' },
    about: 'Where the shop keeps its orders',
  })
  expect(entry(app, 'SESSION_SECRET')).toMatchObject({ isSecret: true, generate: { kind: 'hex', length: 32 } })
  expect(entry(app, 'STRIPE_SECRET_KEY')).toMatchObject({ isSecret: true, isRequired: true })
  expect(entry(app, 'LOG_LEVEL')).toMatchObject({ default: { text: 'info' }, about: 'debug, info or warn' })
  expect(entry(app, 'BASE_URL')?.default).toEqual({ type: 'route', component: 'web', part: 'url' })
  expect(entry(app, 'NODE_ENV')?.default).toEqual({ type: 'text', text: 'production' })
  expect(entry(app, 'SENTRY_DSN')).toMatchObject({ isRequired: false })
  expect(entry(app, 'PRICE')?.default).toEqual({ type: 'text', text: '$5' })
  expect(entry(app, 'PORT')).toBeUndefined()
  expect(codes.filter((c) => c.includes('env.'))).toEqual(['W_INIT_MISSING env.STRIPE_SECRET_KEY'])
  // What was guessed is said, and nothing of an example's passwords is repeated.
  expect(text).toContain('# pg is among the packages')
  expect(text).toContain('# src/server.js names /api/health')
  expect(text).not.toContain('me:pw')
})

test('a Vite site: static, with the folder that its build leaves', async () => {
  const { app } = await init({
    'package.json': {
      name: 'portal',
      scripts: { dev: 'vite', build: 'vite build', preview: 'vite preview' },
      devDependencies: { vite: '7' },
      dependencies: { 'react-router-dom': '6' },
    },
    'package-lock.json': { lockfileVersion: 3 },
    'index.html': '<div id=app></div>',
    '.env.example': 'VITE_API_URL=https://api.example.com\n',
  })
  expect(app.components).toMatchObject([
    { name: 'site', type: 'static', build: { options: { output: 'dist' } }, serve: { spa: true } },
  ])
  expect(entry(app, 'VITE_API_URL')).toMatchObject({ when: 'build', components: ['site'] })
  expect(app.checks).toMatchObject([{ steps: [{ method: 'GET', path: '/', expect: { status: 200 } }] }])
})

test('Next.js with Prisma', async () => {
  const { app } = await init({
    'package.json': {
      name: 'rules',
      scripts: { dev: 'next dev', build: 'next build', start: 'next start' },
      dependencies: { next: '16', '@prisma/client': '6', prisma: '6' },
    },
    'package-lock.json': { lockfileVersion: 3 },
    'app/api/health/route.ts': 'export const GET = () => Response.json({ ok: true })',
    'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}',
    'prisma/migrations/1_init/migration.sql': 'select 1',
    '.env': 'DATABASE_URL=postgres://me:topsecret@localhost/rules\nNEXT_PUBLIC_TITLE=Rules\nADMIN_TOKEN=topsecret\n',
  })
  expect(words(app)).toEqual(['next', 'start'])
  expect(app.components[0]).toMatchObject({
    health: { path: '/api/health' },
    releaseSteps: [{ run: [{ text: 'prisma' }, { text: 'migrate' }, { text: 'deploy' }] }],
  })
  expect(app.resources.map((r) => r.type)).toEqual(['postgres'])
  expect(entry(app, 'ADMIN_TOKEN')).toMatchObject({ isSecret: true, isRequired: true })
  expect(entry(app, 'NEXT_PUBLIC_TITLE')).toMatchObject({ when: 'build', isRequired: true })
})

test('of a real .env nothing but the names is read', async () => {
  const { text, said } = await init({
    'package.json': { name: 'shop', scripts: { start: 'node server.js' } },
    'server.js': 'http.createServer().listen(process.env.PORT)',
    '.env': 'TITLE=topsecret1\nAPI_TOKEN="topsecret2"\nexport URL=https://topsecret3.example\n',
  })
  expect(text).toContain('TITLE:')
  expect(text + said).not.toContain('topsecret')
})

test('variables that only the code names are known, and stop nobody', async () => {
  const { app, text } = await init({
    'package.json': { name: 'shop', scripts: { start: 'node server.js' }, dependencies: { pg: '8' } },
    'server.js':
      'const { MAIL_FROM, PORT } = process.env\nconnect(env.CLOUDRON_POSTGRESQL_URL, process.env["SESSION_SECRET"], process.env.NODE_ENV).listen(PORT)',
    'server.test.js': 'process.env.ONLY_IN_TESTS',
  })
  expect(app.contract.map((e) => [e.name, e.isRequired])).toEqual([
    ['CLOUDRON_POSTGRESQL_URL', false],
    ['SESSION_SECRET', false],
    ['MAIL_FROM', false],
  ])
  expect(entry(app, 'CLOUDRON_POSTGRESQL_URL')?.default).toEqual({ type: 'output', resource: 'db', field: 'url' })
  expect(entry(app, 'SESSION_SECRET')).toMatchObject({ generate: { kind: 'hex' } })
  expect(text).toContain('# server.js reads it')
})

test('Flask with requirements', async () => {
  const { app, codes } = await init({
    'requirements.txt': 'Flask==3.0.0\ngunicorn==22.0.0\npsycopg2-binary==2.9.9\nFlask-Migrate==4.0.7\n',
    'app.py': "from flask import Flask\napp = Flask(__name__)\n@app.route('/healthz')\ndef ok(): return 'ok'\n",
    'migrations/env.py': '',
    '.env.sample': 'SECRET_KEY=dev\nFLASK_DEBUG=1\nDATABASE_URL=postgresql://localhost/x\n',
  })
  expect(words(app)?.slice(0, 1)).toEqual(['gunicorn'])
  expect(app.components[0]).toMatchObject({
    health: { path: '/healthz' },
    needs: ['db'],
    releaseSteps: [{ run: [{ text: 'flask' }, { text: 'db' }, { text: 'upgrade' }] }],
  })
  expect(entry(app, 'SECRET_KEY')).toMatchObject({ generate: { kind: 'hex' } })
  expect(entry(app, 'FLASK_DEBUG')?.default).toEqual({ type: 'text', text: '0' })
  expect(codes.filter((c) => c !== 'W_INIT_MISSING .')).toEqual([])
})

test('FastAPI with pyproject', async () => {
  const { app } = await init({
    'pyproject.toml':
      '[project]\nname = "api"\nrequires-python = ">=3.11"\ndependencies = ["fastapi>=0.110", "uvicorn>=0.29", "asyncpg>=0.29", "alembic>=1.13"]\n',
    'main.py': 'from fastapi import FastAPI\napp = FastAPI()\n@app.get("/health")\ndef ok(): return {}\n',
    'alembic.ini': '[alembic]\n',
  })
  expect(words(app)?.[0]).toBe('uvicorn')
  expect(words(app)?.join(' ')).toContain('"field":"port"')
  expect(app.components[0]).toMatchObject({
    health: { path: '/health' },
    releaseSteps: [{ run: [{ text: 'alembic' }, { text: 'upgrade' }, { text: 'head' }] }],
  })
  expect(app.resources).toHaveLength(1)
})

test('Django: check before migrating, hosts from the routes', async () => {
  const { app } = await init({
    'requirements.txt': 'Django==5.0\ngunicorn==22.0\npsycopg[binary]==3.1\n',
    'manage.py': '',
    'shop/wsgi.py': '',
    'shop/urls.py': "urlpatterns = [path('health/', ok)]",
    '.env.example':
      'DJANGO_SECRET_KEY=x\nDJANGO_DEBUG=True\nDJANGO_ALLOWED_HOSTS=localhost\nDJANGO_CSRF_TRUSTED_ORIGINS=http://localhost\nPOSTGRES_HOST=db\nPOSTGRES_PASSWORD=postgres\n',
  })
  expect(app.components[0]?.releaseSteps[0]?.check?.map((v) => v.type === 'text' && v.text)).toEqual([
    'python',
    'manage.py',
    'migrate',
    '--check',
  ])
  expect(app.components[0]?.health).toMatchObject({ path: '/health/' })
  const values = Object.fromEntries(app.contract.map((e) => [e.name, e.default]))
  expect(values).toMatchObject({
    DJANGO_DEBUG: { text: 'false' },
    DJANGO_ALLOWED_HOSTS: { type: 'route', part: 'hosts' },
    DJANGO_CSRF_TRUSTED_ORIGINS: { type: 'route', part: 'origins' },
    POSTGRES_HOST: { type: 'output', field: 'host' },
    POSTGRES_PASSWORD: { type: 'output', field: 'password' },
  })
})

test('a Procfile names processes and the step of a release', async () => {
  const { app, text } = await init({
    'package.json': { name: 'mixed', dependencies: { express: '4' } },
    'server.js': 'require("express")().listen(process.env.PORT)',
    Procfile:
      'web: node server.js --port $PORT\nworker: node worker.js && echo done\nrelease: node migrate.js\nclock: node clock.js\n',
  })
  expect(app.components.map((c) => [c.name, c.type])).toEqual([
    ['web', 'web'],
    ['worker', 'worker'],
    ['clock', 'worker'],
  ])
  expect(words(app)?.at(-1)).toContain('"field":"port"')
  expect(words(app, 'worker')).toEqual(['sh', '-c', 'node worker.js && echo done'])
  expect(app.components[0]?.releaseSteps).toHaveLength(1)
  expect(text).toContain('# Procfile: clock: node clock.js')
})

test('a pnpm monorepo: each app of it a component, with the variables that are its own', async () => {
  const { app } = await init({
    'package.json': { name: 'suite', private: true, packageManager: 'pnpm@9.0.0' },
    'pnpm-workspace.yaml': 'packages:\n  - apps/*\n  - packages/*\n',
    'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
    'apps/api/package.json': {
      name: '@suite/api',
      scripts: { start: 'node server.js' },
      dependencies: { fastify: '5', postgres: '3', '@suite/lib': 'workspace:*' },
    },
    'apps/api/server.js': "fastify.get('/api/health', ok); fastify.listen({ port: process.env.PORT })",
    'apps/api/.env.example': 'WEB_URL=http://localhost:5173\nTOKEN_SECRET=x\n',
    'apps/web/package.json': {
      name: '@suite/web',
      scripts: { build: 'vite build', dev: 'vite' },
      devDependencies: { vite: '7' },
    },
    'apps/web/index.html': '',
    'packages/lib/package.json': { name: '@suite/lib', main: 'index.js' },
    'packages/lib/index.js': '',
  })
  expect(app.components.map((c) => [c.name, c.type, c.source.type === 'folder' && c.source.path.slice(folder.length)])).toEqual([
    ['api', 'web', '/apps/api'],
    ['web', 'static', '/apps/web'],
  ])
  expect(app.routes).toEqual([
    { host: 'suite.example.localhost', path: '/api', to: 'api' },
    { host: 'suite.example.localhost', path: '/', to: 'web' },
  ])
  expect(entry(app, 'TOKEN_SECRET')).toMatchObject({ components: ['api'] })
  expect(entry(app, 'WEB_URL')?.default).toMatchObject({ type: 'route', component: 'web' })
})

test('a compose file: databases with their version, variables of what is built, volumes', async () => {
  const { app, said } = await init({
    'docker-compose.yml': `services:
  app:
    build: .
    environment:
      DB_HOST: database
      DB_PASSWORD: \${DB_PASSWORD:-postgres}
      JWT_SECRET: x
      UPLOAD_LIMIT: "10"
    volumes: ["uploads:/app/uploads", "./src:/app/src"]
  database:
    image: postgres:16-alpine
    environment: { POSTGRES_PASSWORD: postgres }
  queue:
    image: redis:7
  search:
    image: getmeili/meilisearch:v1
  adminer:
    image: adminer
volumes: { uploads: {} }
`,
    'package.json': { name: 'shop', scripts: { start: 'node server.js' }, dependencies: { koa: '2', pg: '8' } },
    'server.js': 'app.listen(process.env.PORT)',
  })
  expect(app.resources).toContainEqual({ name: 'database', type: 'postgres', options: { version: 16 } })
  expect(app.resources).toContainEqual({ name: 'uploads', type: 'volume', options: {} })
  expect(app.components[0]?.mounts).toEqual([{ volume: 'uploads', path: 'uploads', writers: 'one' }])
  expect(entry(app, 'DB_HOST')?.default).toEqual({ type: 'output', resource: 'database', field: 'host' })
  expect(entry(app, 'DB_PASSWORD')?.default).toEqual({ type: 'output', resource: 'database', field: 'password' })
  expect(entry(app, 'JWT_SECRET')).toMatchObject({ generate: { kind: 'hex' } })
  expect(entry(app, 'UPLOAD_LIMIT')?.default).toEqual({ type: 'text', text: '10' })
  expect(entry(app, 'POSTGRES_PASSWORD')).toBeUndefined()
  expect(entry(app, 'REDIS_URL')).toMatchObject({ isSecret: true })
  expect(said).toContain('a search server')
  expect(said).toContain('adminer')
})

test('a version of a database that is not here is named, and the usual one taken', async () => {
  const { app, said } = await init({
    'compose.yaml': 'services:\n  db: { image: "postgres:9.6" }\n',
    'package.json': { name: 'shop', scripts: { start: 'node server.js' } },
    'server.js': 'app.listen(process.env.PORT)',
  })
  expect(app.resources).toEqual([{ name: 'db', type: 'postgres', options: {} }])
  expect(said).toContain('postgres:9.6')
})

test('plain HTML is served as it is', async () => {
  const { app } = await init({ 'index.html': '<h1>Hello</h1>', 'style.css': '' })
  expect(app.components).toMatchObject([{ name: 'site', type: 'static', source: { path: folder } }])
  expect(app.routes).toHaveLength(1)
})

test('an empty folder, and one that only a Dockerfile explains, say what is missing', async () => {
  const empty = await inspectFolder(folder)
  expect(empty).toMatchObject({ text: '', findings: [{ level: 'error', code: 'E_INIT_NOTHING' }] })
  expect(empty.findings[0]?.message).toContain('requirements.txt')
  put({ Dockerfile: 'FROM golang', 'main.go': 'package main' })
  const { findings } = await inspectFolder(folder)
  expect(findings.map((f) => f.code)).toEqual(['E_INIT_NOTHING', 'W_INIT_MISSING'])
  expect(findings[1]?.message).toContain('Dockerfile')
})

test('a manifest that is there is never written over, whatever it is', async () => {
  put({ 'landfall.yml': 'app: mine', 'index.html': '' })
  const refusal = await inspectFolder(folder).catch(shapeOf)
  expect(refusal).toMatchObject({ code: 'E_EXISTS' })
  expect(() => writeFirstManifest(folder, 'x')).toThrow('is there already')
  rmSync(join(folder, 'landfall.yml'))
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'landfall.yaml'))
  expect(() => writeFirstManifest(folder, 'x')).toThrow('is there already')
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).toBe('')
})

test("what ignore files leave out, links and other people's packages are not looked at", async () => {
  const { app } = await init({
    '.gitignore': 'old/\n',
    'package.json': { name: 'shop', scripts: { start: 'node server.js' } },
    'server.js': 'app.listen(process.env.PORT)',
    'old/package.json': { name: 'old', scripts: { start: 'node server.js' } },
    'node_modules/x/package.json': { name: 'x', scripts: { start: 'node server.js' } },
  })
  expect(app.components).toHaveLength(1)
})

test('hostile names and texts give a manifest all the same', async () => {
  const evil = '"]\n  evil: { type: web }\n# $(touch /tmp/x) ${db.url} \u202e'
  const { app } = await init({
    'package.json': { name: evil, scripts: { start: `node "${evil}"` }, dependencies: { express: '1' } },
    'server.js': 'app.listen(process.env.PORT)',
    '.env.example': `A=${evil}\nB='${'x'.repeat(500)}\nC=\${A}\n__proto__=1\nconstructor=2\nD="a: b # c"\nE=[1]\nF=*x\nG=1.10\nH=!!js/function\n`,
    'docker-compose.yml': 'a: &a [*a]\nservices: {__proto__: {image: postgres}}',
  })
  expect(Object.keys(app.components[0]!.env)).not.toContain('__proto__')
  expect(app.components.map((c) => c.name)).not.toContain('evil')
  expect(entry(app, 'G')?.default).toEqual({ type: 'text', text: '1.10' })
  expect(entry(app, 'D')?.default).toEqual({ type: 'text', text: 'a: b # c' })
  expect(entry(app, 'C')?.default).toEqual({ type: 'text', text: '${A}' })
})
