// `npm run examples`: writes the files of other platforms and the deployment guides that the examples keep, anew.
// `npm run examples -- --check` only compares. test/laws/as-written.test.ts does so in every run of the tests.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const check = process.argv.includes('--check') ? ['--check'] : []
const cli = resolve('src/cli/main.ts')
let failed = false
for (const name of readdirSync('examples')) {
  const folder = join('examples', name)
  if (!existsSync(join(folder, 'landfall.exports.yaml'))) continue
  console.log(`\n${folder}`)
  for (const command of ['export', 'docs']) {
    try {
      execFileSync(process.execPath, [cli, command, '-C', folder, ...check], { stdio: 'inherit' })
    } catch (error) {
      if (typeof error.status !== 'number') throw error
      failed = true
    }
  }
}
process.exitCode = failed ? 1 : 0
