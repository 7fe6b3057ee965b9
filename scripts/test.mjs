// npm test: everything that can be wrong with this checkout, in one command. `npm test -- <part of a path>` runs only the test
// files whose path contains it. Its last line is always `N passed, N failed`.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonExample } from './python-example.mjs'
import { install, readJson, root, seconds, underPinnedNode } from './setup.mjs'

await underPinnedNode(import.meta.url)
const started = Date.now()
// Every temporary folder of this run lies in this one, which is how what was left behind is found. Other uids must get through it.
const scratch = mkdtempSync(join(tmpdir(), 'lf-'))
const env = {
  ...process.env,
  TMPDIR: scratch,
  // A test that forgets its own home must not find the machine's.
  LANDFALL_HOME: '/dev/null/landfall',
  LANDFALL_TEST_RESULT: join(scratch, 'result.json'),
  NO_COLOR: '1',
}
await run('chmod', ['755', scratch])
const total = { passed: 0, failed: 0, skipped: 0, notRun: {}, failures: [] }
const only = process.argv.slice(2)

if (!only.length) {
  await check('types', 'tsc', ['-p', '.'])
  await check('lint', 'biome', ['ci', '--colors=off', '--max-diagnostics=30'])
  await check('generated files', 'node', ['scripts/gen.mjs', '--check'])
  await check('unused code', 'knip', ['--no-progress'])
}
await check('build', 'node', ['scripts/build.mjs'])
await vitest(only)
if (!only.length) {
  for (const name of examplesWith('package-lock.json')) await example(name)
  for (const name of examplesWith('pytest.ini')) await inPython(name)
}
record('nothing left running', leftovers())
rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
report()

async function check(name, file, args, cwd = root) {
  const from = Date.now()
  const { code, text } = await run(file, args, undefined, cwd)
  record(name, code === 0 ? '' : text.trim() || `${file} ended with ${code}`, Date.now() - from)
}
/** Counts as one test. */
function record(name, problem, ms) {
  console.log(`  ${problem ? 'FAIL' : 'ok  '} ${name}${ms === undefined ? '' : ` · ${seconds(ms)}`}`)
  if (problem) total.failures.push({ title: name, text: problem })
  total[problem ? 'failed' : 'passed'] += 1
}

async function vitest(filters) {
  const args = ['run', '--reporter=./scripts/test-reporter.mjs', ...filters]
  const { code, text } = await run('vitest', args, (chunk) => process.stdout.write(chunk))
  if (!existsSync(env.LANDFALL_TEST_RESULT)) return record('vitest', text || `vitest ended with ${code}`)
  const result = readJson(env.LANDFALL_TEST_RESULT)
  for (const key of ['passed', 'failed', 'skipped']) total[key] += result[key]
  Object.assign(total.notRun, result.notRun)
  total.failures.push(...result.failures)
  if (code !== 0 && !result.failed) record('vitest', `vitest ended with ${code}`)
}

/** Examples bring tests of their own: types, and what `npm test` says there. */
function examplesWith(file) {
  const all = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return all.map((entry) => entry.name).filter((name) => existsSync(join(root, 'examples', name, file)))
}
async function inPython(name) {
  const from = Date.now()
  const result = await pythonExample(join(root, 'examples', name), (file, args, cwd) => run(file, args, undefined, cwd))
  if (result.missing && !process.env.LANDFALL_REQUIRE) {
    total.skipped += 1
    total.notRun[`${result.missing} is missing: examples/${name}`] = 1
    return
  }
  const { passed = 0, failed = 1, text = `${result.missing} is missing` } = result
  console.log(`  ${failed ? 'FAIL' : 'ok  '} examples/${name}: ${passed} passed · ${seconds(Date.now() - from)}`)
  total.passed += passed
  total.failed += failed
  if (failed) total.failures.push({ title: `examples/${name}`, text: text.slice(-4000) })
}
async function example(name) {
  const cwd = join(root, 'examples', name)
  install(cwd)
  const { scripts = {} } = readJson(join(cwd, 'package.json'))
  if (scripts.check) await check(`examples/${name}: types`, 'npm', ['run', '--silent', 'check'], cwd)
  if (!scripts.test) return
  const from = Date.now()
  const { code, text } = await run('npm', ['test', '--silent'], undefined, cwd)
  const count = (what) => Number(new RegExp(`^[#ℹ] ${what} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
  const failed = count('fail') || (code === 0 ? 0 : 1)
  console.log(`  ${failed ? 'FAIL' : 'ok  '} examples/${name}: ${count('pass')} passed · ${seconds(Date.now() - from)}`)
  total.passed += count('pass')
  total.failed += failed
  if (failed) total.failures.push({ title: `examples/${name}`, text: text.slice(-4000) })
}

/** Processes that a test started and did not end: their home or working folder is inside this run's folder. They are ended here. */
function leftovers() {
  const found = []
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const environ = read(`/proc/${pid}/environ`)
    if (!environ.split('\0').some((line) => line.startsWith(`LANDFALL_HOME=${scratch}/`))) continue
    found.push(`${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 160)}`)
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  return found.join('\n')
}

/** Empty where the process is gone or another user's. */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function run(file, args, onOutput, cwd = root) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    const take = (chunk) => {
      text = (text + chunk).slice(-20_000)
      onOutput?.(chunk)
    }
    const guard = setTimeout(() => child.kill('SIGKILL'), 40 * 60_000)
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', (error) => resolve({ code: 1, text: error.message }))
    child.on('close', (code) => {
      clearTimeout(guard)
      resolve({ code: code ?? 1, text })
    })
  })
}

function report() {
  for (const { title, text } of total.failures) console.log(`\n✗ ${title}\n${text}`)
  const reasons = Object.entries(total.notRun)
  if (reasons.length) console.log('\nnot run:')
  for (const [why, count] of reasons) console.log(`  ${count} × ${why}`)
  console.log(`\n${process.getuid() === 0 ? 'as root' : 'as an ordinary user'} in ${seconds(Date.now() - started)}`)
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`)
  process.exitCode = total.failed ? 1 : 0
}
