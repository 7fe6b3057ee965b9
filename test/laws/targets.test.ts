import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { targets } from '../../src/targets/all.gen.ts'

test.each(Object.values(targets).map((t) => [t.name, t] as const))(
  '%s has a page, its laws, and fixtures that a person can read',
  (name, target) => {
    const folder = `src/targets/${name}`
    expect(readFileSync(join(folder, `${name}.test.ts`), 'utf8')).toContain('targetSuite(')
    expect(existsSync(join(folder, 'README.md')), 'README.md').toBe(true)
    expect(target.name).toBe(name)
    const cases = (kind: string) =>
      (existsSync(join(folder, 'fixtures', kind)) ? readdirSync(join(folder, 'fixtures', kind)) : []).filter((c) =>
        statSync(join(folder, 'fixtures', kind, c)).isDirectory(),
      )
    if (target.read) {
      expect(cases('read').length, 'fixtures/read').toBeGreaterThanOrEqual(3)
      const longest = Math.max(...cases('read').flatMap((c) => linesIn(join(folder, 'fixtures/read', c))))
      expect(longest, 'lines of the longest file that is read').toBeGreaterThanOrEqual(100)
    }
    if (target.write) expect(cases('write').length, 'fixtures/write').toBeGreaterThanOrEqual(1)
  },
)

function linesIn(folder: string): number[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => readFileSync(join(e.parentPath, e.name), 'utf8').split('\n').length)
}
