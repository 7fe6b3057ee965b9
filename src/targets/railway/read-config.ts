import { posix } from 'node:path'
import { cronProblem } from '../../lib/cron-expression.ts'
import type { PartialComponent } from '../../manifest/partial.ts'
import type { Entry } from '../../model/target.ts'
import { nameOf } from '../../translate/hosted/read-text.ts'
import type { Reading } from './read.ts'
import { readBuild, readDeploy, readHealth, readStart } from './read-service.ts'

/** railway.json and railway.toml, which Railway reads until 2026-12-01: one service, beside whose sources they lie. */
export function readConfig(reading: Reading, root: Entry): void {
  const { manifest, because, path, context } = reading
  const folder = posix.dirname(path)
  const name = nameOf(folder === '.' ? context.folderName : posix.basename(folder))
  const to = `components.${name}`
  const component: PartialComponent = manifest.components?.[name] ?? {}
  const deploy = root.get('deploy')
  const cron = deploy.get('cronSchedule')
  component.type =
    cron.isThere && cronProblem(cron.text() ?? '') === undefined
      ? 'cron'
      : deploy.get('healthcheckPath').text()
        ? 'web'
        : (component.type ?? 'worker')
  if (component.type === 'cron') {
    component.schedule = cron.text() ?? ''
    cron.kept(`${to}.schedule`)
  } else cron.changed('there is none')
  // Railway gives the port; without one of its own this is where it would listen.
  if (component.type === 'web') component.port ??= 8080
  const built = readBuild(context, root.get('build'), folder, component)
  readStart(reading, deploy, component, built.folder, ['startCommand', 'preDeployCommand'])
  readHealth(deploy.get('healthcheckPath'), deploy.get('healthcheckTimeout'), component)
  readDeploy(deploy, deploy.get('numReplicas'), component)
  root.get('$schema').changed('about the file itself')
  root.get('environments').lost('one environment is read', 'write what differs under `environments`')
  manifest.components = { ...manifest.components, [name]: component }
  because[to] = `${path}: the one service of it`
  context.finding({
    level: 'changed',
    code: 'W_RAILWAY_RETIRED',
    at: path,
    message: `Railway reads ${path} until 2026-12-01, and no variables and databases stand in it`,
    hint: 'name its variables under `env`; `landfall export railway` writes .railway/railway.ts',
  })
}
