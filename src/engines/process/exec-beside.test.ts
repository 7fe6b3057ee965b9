import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, aWeb, EngineBench, processesOf, shop, until } from '../../../test/process-engine.ts'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench()
  bench.artifact('app')
})
afterEach(() => bench.close())

async function exec(command: string[], over: { stdin?: NodeJS.ReadableStream; signal?: AbortSignal } = {}) {
  const got = { out: '', err: '', code: -1 }
  got.code = await bench.engine.exec(shop, aWeb('web', { COLOUR: 'blue' }), 'r1', 'app', command, {
    stdout: (chunk) => {
      got.out += Buffer.from(chunk).toString('utf8')
    },
    stderr: (chunk) => {
      got.err += Buffer.from(chunk).toString('utf8')
    },
    signal: new AbortController().signal,
    ...over,
  })
  return got
}

test('a command has the artifact, environment and user of an instance, and its own streams and exit code', async () => {
  const { uid } = await ask(await bench.up(aWeb('web', { COLOUR: 'blue' }), 'r1'))
  const got = await exec(['sh', '-c', 'echo $COLOUR $LANDFALL_RELEASE $(id -u); ls; echo oops >&2; exit 42'])
  expect(got).toEqual({ out: `blue r1 ${uid}\napp.mjs\n`, err: 'oops\n', code: 42 })
  expect((await bench.engine.instances()).length).toBe(1)
  expect((await bench.engine.observe(shop)).running).toHaveLength(1)
})

test('it needs no instance that runs, and its input is piped through', async () => {
  const got = await exec(['sort'], { stdin: Readable.from(['b\n', 'a\n']) })
  expect(got).toMatchObject({ out: 'a\nb\n', code: 0 })
  expect(readdirSync(join(bench.home, 'instances'))).toEqual([])
})

test('a big output comes whole', async () => {
  const got = await exec(['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x'])
  expect(got.out.length).toBe(3_000_000)
})

test('a cut connection ends the command and all that it started', async () => {
  const cut = new AbortController()
  const stdin = new PassThrough()
  const running = exec(['sh', '-c', 'setsid sleep 1000 & sleep 1000'], { stdin, signal: cut.signal })
  await until('it runs', () => processesOf(bench.home).length >= 3)
  cut.abort()
  expect((await running).code).toBe(143)
  expect(processesOf(bench.home)).toEqual([])
})

test('a child that it leaves in the background neither holds it up nor lives on', async () => {
  const got = await exec(['sh', '-c', 'setsid sleep 1000 & echo through'])
  expect(got).toMatchObject({ out: 'through\n', code: 0 })
  expect(processesOf(bench.home)).toEqual([])
})

test('a program that is not there is 127', async () => {
  const got = await exec(['no-such-program'])
  expect(got.code).toBe(127)
  expect(got.err).toContain('no-such-program')
})

test('arguments arrive as they are', async () => {
  const odd = ['$HOME', '`id`', "it's", '"two"', 'a b', '*', '\n', '']
  const got = await exec(['node', '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...odd])
  expect(JSON.parse(got.out)).toEqual(odd)
})
