// One line per test file; what failed is told in full at the end. Figures go to the file named by LANDFALL_TEST_RESULT.
import { writeFileSync } from 'node:fs'

export default class Reporter {
  onTestModuleEnd(module) {
    const count = countOf(module)
    const what = [`${count.passed} passed`, count.failed && `${count.failed} failed`, count.skipped && `${count.skipped} not run`]
    const time = `${(module.diagnostic().duration / 1000).toFixed(1)} s`
    const mark = count.failed ? 'FAIL' : 'ok  '
    console.log(`  ${mark} ${module.relativeModuleId.padEnd(48)} ${what.filter(Boolean).join(', ')} · ${time}`)
    for (const failure of count.failures) console.log(`       ✗ ${failure.title}`)
  }

  onTestRunEnd(modules, unhandled) {
    const total = { passed: 0, failed: unhandled.length, skipped: 0, notRun: {}, failures: [] }
    for (const module of modules) {
      const count = countOf(module)
      total.passed += count.passed
      total.failed += count.failed
      total.skipped += count.skipped
      for (const why of count.reasons) total.notRun[why] = (total.notRun[why] ?? 0) + 1
      total.failures.push(...count.failures.map((f) => ({ ...f, title: `${module.relativeModuleId} › ${f.title}` })))
    }
    total.failures.push(...unhandled.map((e) => ({ title: 'an error that no test caught', text: textOf(e) })))
    writeFileSync(process.env.LANDFALL_TEST_RESULT, JSON.stringify(total))
  }
}

function countOf(module) {
  const count = { passed: 0, failed: 0, skipped: 0, reasons: [], failures: [] }
  const fail = (title, errors) => {
    count.failed += 1
    count.failures.push({ title, text: errors.map(textOf).join('\n') })
  }
  for (const test of module.children.allTests()) {
    const result = test.result()
    if (result.state === 'passed') count.passed += 1
    else if (result.state === 'failed') fail(test.fullName, result.errors)
    else {
      // Left behind by a hook that failed, or by a run that was broken off: those are told below.
      count.skipped += 1
      count.reasons.push(result.note ?? 'not for this user or machine')
    }
  }
  for (const suite of module.children.allSuites()) if (suite.errors().length) fail(suite.fullName, suite.errors())
  if (module.errors().length) fail('the file itself', module.errors())
  return count
}

function textOf(error) {
  const at = (error.stacks ?? []).slice(0, 4).map((s) => `    at ${s.file}:${s.line}:${s.column}`)
  const extra = ['code', 'at', 'detail', 'hint'].filter((k) => typeof error[k] === 'string').map((k) => `    ${k}: ${error[k]}`)
  const stack = at.length ? at : (error.stack ?? '').split('\n').slice(1, 5)
  return [
    `${error.name ?? 'Error'}: ${error.message}`.slice(0, 4000),
    ...extra,
    ...(error.diff ? [error.diff] : []),
    ...stack,
  ].join('\n')
}
