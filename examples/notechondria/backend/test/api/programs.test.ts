import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { client, must, openWorld, run, signUp, start, type World } from './instance.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

// In the order of a release, on a database that is new at first.
test('sessions are ended, also where there never were any', async () => {
  assert.match(await must(['end-sessions.js'], world.env), /^0 sessions ended/)
})

test('the check of migrations lets them run once', async () => {
  const before = await run(['migrate.js', '--check'], world.env)
  assert.equal(before.code, 1)
  assert.match(before.output, /pending 0001_accounts/)
  assert.match(await must(['migrate.js'], world.env), /3 applied/)
  assert.equal((await run(['migrate.js', '--check'], world.env)).code, 0)
  assert.match(await must(['migrate.js'], world.env), /nothing is pending/)
})

test('the beginnings are made once, and stay as they are when they are made again', async () => {
  const count = async () => {
    const { rows } = await world.database.query(
      'select (select count(*)::int from users) as users, (select count(*)::int from courses) as courses, (select count(*)::int from notes) as notes',
    )
    return rows[0]
  }
  assert.match(await must(['bootstrap.js'], world.env), /administrator admin: made/)
  const first = await count()
  assert.deepEqual(first, { users: 2, courses: 5, notes: 5 })
  assert.match(await must(['bootstrap.js'], world.env), /administrator admin: password set/)
  assert.deepEqual(await count(), first)
  const refused = await run(['bootstrap.js'], { ...world.env, DJANGO_SUPERUSER_PASSWORD: 'change-me' })
  assert.deepEqual([refused.code, refused.output.trim()], [2, 'bootstrap: DJANGO_SUPERUSER_PASSWORD: is still a placeholder'])
})

test('ending sessions signs everybody out, and leaves API keys alone', async () => {
  const server = await start(world.env)
  const { ask } = await signUp(world, server.base, 'ada')
  const key = (await ask('POST', '/api/v1/auth/rotate-api-key/')).json.api_key
  assert.match(await must(['end-sessions.js'], world.env), /^1 sessions ended/)
  assert.equal((await ask('GET', '/api/v1/auth/session/')).json.authenticated, false)
  assert.equal((await client(server.base, `Bearer ${key}`)('GET', '/api/v1/courses/')).status, 200)
})

test('static files are collected, and what is no file of this release goes', async () => {
  const before = await run(['collect-static.js', '--check'], world.env)
  assert.deepEqual([before.code, before.output.trim()], [2, 'collect-static: not there: admin/css/base.css, admin/css/login.css'])
  await must(['collect-static.js'], world.env)
  const at = (name: string) => join(world.folder, 'static', name)
  writeFileSync(at('old.css'), '')
  assert.match(await must(['collect-static.js', '--clear'], world.env), /2 files there, 1 removed/)
  assert.equal(existsSync(at('old.css')), false)
  assert.equal(existsSync(at('admin/css/base.css')), true)
  await must(['collect-static.js', '--check'], world.env)
})

test('a database that cannot be reached is one line, and 2', async () => {
  const away = { ...world.env, DATABASE_URL: 'postgres://x:y@127.0.0.1:1/none' }
  for (const args of [['migrate.js', '--check'], ['bootstrap.js'], ['end-sessions.js']]) {
    const { code, output } = await run(args, away)
    assert.equal(code, 2, args[0])
    assert.equal(
      output
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('administrator')).length,
      1,
      output,
    )
  }
})
