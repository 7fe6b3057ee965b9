import { posix } from 'node:path'
import { wishNode } from '../../lib/build/wish-node.ts'
import { readPackage } from '../../lib/build/workspaces.ts'
import type { Build } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { ArtifactUse, SourceFiles } from '../../model/plug.ts'
import { decide } from './recipe.ts'

export function check(files: SourceFiles, build: Build, use?: ArtifactUse): Finding[] {
  const folder = build.options.workspace ?? '.'
  const at = posix.join(folder, 'package.json')
  if (!files.names.has(at)) {
    const hint = 'correct `source`, or take another `build.type`: static, python, command'
    return [
      { level: 'error', code: 'E_NO_PACKAGE_JSON', at, message: `there is no ${at}, which the node builder starts from`, hint },
    ]
  }
  if (!readPackage(files, folder)) {
    const message = `${at} cannot be read as JSON`
    return [{ level: 'error', code: 'E_PACKAGE_JSON', at, message, hint: `\`node -p "require('./${at}')"\` says where` }]
  }
  const decided = decide(files, build, use)
  const findings = [...wishNode(files, build.options).findings, ...decided.manager.findings]
  if (decided.stays.length > 0) {
    const names = decided.stays.join(', ')
    const message = `${names} is only in devDependencies, and a command of the running app uses it: all of development's packages stay`
    const hint = `move ${names} to dependencies: the artifact becomes smaller`
    findings.push({ level: 'warning', code: 'W_DEVELOPMENT_STAYS', at, message, hint })
  }
  if (use?.type === 'static' && decided.output === '.' && build.options.output === undefined) {
    const message = 'nothing says in which folder the build leaves what is to be published'
    findings.push({
      level: 'error',
      code: 'E_NO_OUTPUT',
      at: 'build.output',
      message,
      hint: 'set `build.output`, for example dist',
    })
  }
  if (use && (use.type === 'web' || use.type === 'worker') && !use.run?.length && !decided.start) {
    const message = 'nothing says how it is started: there is no start script and no main file'
    findings.push({ level: 'error', code: 'E_NO_COMMAND', at: 'run', message, hint: 'set `run`, for example node server.js' })
  }
  return findings
}
