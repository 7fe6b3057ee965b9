import { cronProblem } from '../../lib/cron-expression.ts'
import { ENV_KEY, isRequestPath, reservedBecause } from '../../manifest/names.ts'
import type { EnvInput, PartialComponent } from '../../manifest/partial.ts'
import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry } from '../../model/target.ts'
import { commandOfLine, commandsOfLine } from '../../translate/shell-line.ts'
import { componentOf, mainOf, type Reading } from './reading.ts'

const SHOP = ['description', 'keywords', 'website', 'repository', 'logo', 'success_url', '$schema']
const BUILDERS: [RegExp, string][] = [
  [/nodejs|node-js/i, 'node'],
  [/python/i, 'python'],
  [/static/i, 'static'],
]

/** app.json of Heroku, or that of Dokku: both may have keys of the other. */
export function readAppJson(reading: Reading, root: Entry): void {
  const { manifest } = reading
  const name = nameFrom(root.get('name').text() ?? '', '')
  if (name !== '') {
    manifest.app = name
    if (name === root.get('name').text()) root.get('name').kept('app')
    else root.get('name').changed(`became ${name}`)
  }
  for (const key of SHOP) root.get(key).lost('for the page that offers the app: nothing runs by it')
  readFormation(reading, root.get('formation'))
  if (Object.keys(manifest.components).length === 0) componentOf(reading, 'web', 'app.json')
  readAddons(reading, root.get('addons'))
  readEnv(reading, root.get('env'))
  readBuild(reading, root)
  readScripts(reading, root.get('scripts'))
  for (const [i, cron] of root.get('cron').items().entries()) readCron(reading, cron, i)
  for (const process of root.get('healthchecks').entries()) readHealth(reading, process)
  root
    .get('environments')
    .lost('apps that a platform makes for each request to merge', '`environments` of the manifest, where one stays')
}

function readFormation(reading: Reading, formation: Entry): void {
  for (const process of formation.entries()) {
    const quantity = process.get('quantity').number()
    const isInFile = reading.names.has(process.key)
    if (!isInFile && process.key !== 'web') {
      process.lost('no line of a Procfile says what it runs')
      continue
    }
    const component = componentOf(reading, process.key, 'app.json')
    if (quantity !== undefined && Number.isInteger(quantity) && quantity >= 0 && quantity <= 50) {
      component.scale = { ...component.scale, instances: quantity }
      if ((component.scale.max ?? 50) < quantity) {
        component.scale.instances = 1
        process.get('quantity').changed('held to one instance')
      } else process.get('quantity').kept('scale.instances')
    }
    process.get('size').lost('sizes have other names elsewhere', 'scale: { memory: 512Mi }')
    process.get('autoscaling').lost('Landfall starts as many instances as are said')
    process.get('max_parallel').lost('all instances of a release start together')
    process.get('service').lost('a route says who is reached')
  }
}

const ADDONS: Record<string, { name: string; type: string; variable: string }> = {
  'heroku-postgresql': { name: 'db', type: 'postgres', variable: 'DATABASE_URL' },
  postgres: { name: 'db', type: 'postgres', variable: 'DATABASE_URL' },
  'heroku-redis': { name: 'cache', type: 'redis', variable: 'REDIS_URL' },
  rediscloud: { name: 'cache', type: 'redis', variable: 'REDISCLOUD_URL' },
  redis: { name: 'cache', type: 'redis', variable: 'REDIS_URL' },
}

function readAddons(reading: Reading, addons: Entry): void {
  const { manifest, because } = reading
  for (const addon of addons.items()) {
    const plan = addon.text() === undefined ? addon.get('plan') : addon
    const [service = '', size] = (plan.text() ?? '').split(':')
    const known = Object.hasOwn(ADDONS, service) ? ADDONS[service] : undefined
    if (!known) {
      addon.lost(`there is no resource for ${service || 'it'}`, 'its address is a variable: { required: true, secret: true }')
      continue
    }
    const as = addon.get('as').text()
    const name = as === undefined ? known.name : nameFrom(as, known.name)
    const variable = as === undefined ? known.variable : `${as.toUpperCase().replace(/\W+/g, '_')}_URL`
    const version = addon.get('options', 'version')
    const major = /^(\d+)/.exec(version.text() ?? '')?.[1]
    if (manifest.resources?.[name] !== undefined) {
      addon.lost(`there is a resource ${name} already`, 'give it `as`')
      continue
    }
    manifest.resources = {
      ...manifest.resources,
      [name]: { type: known.type, ...(major !== undefined && { version: Number(major) }) },
    }
    because[`resources.${name}`] = `app.json: ${service}`
    if (ENV_KEY.test(variable) && !reservedBecause(variable))
      manifest.env = { ...manifest.env, [variable]: { from: `${name}.url` } }
    plan.changed(
      `a ${known.type} of its own${size === undefined ? '' : `; ${size} is a size of theirs`}: ${variable} is its address`,
    )
    addon.get('as').kept(`resources.${name}`)
    if (major !== undefined) version.kept(`resources.${name}.version`)
    addon.get('options').lost('an option of theirs')
    const tls = 'with a certificate that nobody signed: code that switches its check off for it need not do so here'
    addon.finding(
      'changed',
      'W_ADDON_TLS',
      `${service} is reached by TLS there, ${tls}`,
      'let the address say whether there is TLS',
    )
  }
}

function readEnv(reading: Reading, env: Entry): void {
  const made: Record<string, EnvInput> = {}
  for (const entry of env.entries()) {
    const name = entry.key
    const reserved = reservedBecause(name)
    if (!ENV_KEY.test(name)) entry.lost('no variable can have this name')
    else if (reserved) entry.changed(`left out: it ${reserved.because}`, reserved.hint)
    else if (reading.manifest.env?.[name] !== undefined) entry.changed('the address of a resource')
    else made[name] = variableOf(reading, entry)
  }
  if (Object.keys(made).length > 0) reading.manifest.env = { ...reading.manifest.env, ...made }
}

function variableOf(reading: Reading, entry: Entry): EnvInput {
  const name = entry.key
  const whole = entry.text()
  const value = whole === undefined ? entry.get('value') : entry
  const text = value.text()
  const about = entry
    .get('description')
    .text()
    ?.replace(/\p{C}+/gu, ' ')
    .slice(0, 200)
  const said = about && !secretLiteral(about) ? { about } : {}
  if (about && said.about === undefined) entry.get('description').lost('a secret stands in it')
  else if (said.about === entry.get('description').text()) entry.get('description').kept(`env.${name}.about`)
  else entry.get('description').changed('shortened to a line')
  const required = String(entry.get('required').value ?? true) !== 'false'
  if (entry.get('generator').text() === 'secret') {
    entry.get('generator').changed('made once for each environment')
    entry.get('required').changed('it is always there')
    return { secret: true, generate: 'hex(32)', ...said }
  }
  const isSecret = isSecretName(name) || (text !== undefined && secretLiteral(text) !== undefined)
  if (text !== undefined && text !== '' && !isSecret) {
    value.kept(`env.${name}`)
    entry.get('required').changed('it has a value')
    return Object.keys(said).length > 0 ? { default: text.replaceAll('$', '$$$$'), ...said } : text.replaceAll('$', '$$$$')
  }
  if (isSecret && text) value.changed('a secret: its value stays out of the manifest', `landfall env set ${name}`)
  else value.kept(`env.${name}`)
  entry.get('required').kept(`env.${name}.required`)
  if (required) reading.asked.add(name)
  return { required, ...(isSecret && { secret: true }), ...said }
}

function readBuild(reading: Reading, root: Entry): void {
  const packs = root.get('buildpacks').items()
  const found = packs.map((pack) => {
    const url = (pack.get('url').text() ?? pack.text() ?? '').slice(0, 300)
    return { pack, type: BUILDERS.find(([is]) => is.test(url))?.[1] }
  })
  // The last one says what the app itself is; those before it make what it needs.
  const main = found.findLast((f) => f.type !== undefined)
  for (const one of found) {
    if (one !== main) {
      one.pack.lost('one builder builds a component', 'build: { install, command } may call whatever else is needed')
      continue
    }
    for (const component of Object.values(reading.manifest.components)) component.build = { type: one.type ?? 'node' }
    one.pack.changed(`build.type: ${one.type}`)
  }
  root.get('stack').lost('no image of an operating system lies under it')
  root.get('image').lost('the image of a builder that is not needed here')
}

function readScripts(reading: Reading, scripts: Entry): void {
  const main = mainOf(reading)
  const take = (entry: Entry, how: string, put: (steps: (string | string[])[]) => void) => {
    const text = entry.text()
    if (text === undefined || text.trim() === '') return
    put(commandsOfLine(text))
    entry.changed(how)
  }
  if (!main) return
  take(scripts.get('postdeploy'), 'once for each environment, after its first release', (steps) => {
    main.bootstrap = steps
  })
  take(scripts.get('dokku', 'postdeploy'), 'after the switch to a release', (steps) => {
    main.postdeploy = steps
  })
  scripts
    .get('dokku', 'predeploy')
    .lost(
      'what it leaves behind becomes part of the image there',
      'build: { command } does it while it is built; release: before it has traffic',
    )
  scripts.get('pr-predestroy').lost('for apps of requests to merge')
}

function readCron(reading: Reading, cron: Entry, i: number): void {
  const { manifest, because } = reading
  const command = cron.get('command').text()?.trim()
  const schedule = cron.get('schedule').text()
  const problem = schedule === undefined ? 'has no schedule' : cronProblem(schedule)
  if (!command || schedule === undefined || problem !== undefined) {
    cron.lost(command ? `its schedule ${problem}` : 'it has no command')
    return
  }
  let name = nameFrom(`cron-${command.split(/\s+/).slice(0, 2).join('-')}`, `cron-${i + 1}`)
  if (Object.hasOwn(manifest.components, name)) name = `cron-${i + 1}`
  const policy = cron.get('concurrency_policy').text() ?? 'allow'
  const overlap = policy === 'replace' ? 'replace' : 'skip'
  const { run, isShell } = commandOfLine(command)
  manifest.components[name] = {
    type: 'cron',
    source: '.',
    run,
    schedule: overlap === 'skip' ? schedule : { cron: schedule, overlap },
  }
  because[`components.${name}`] = `app.json: cron ${i + 1}`
  if (isShell) cron.get('command').changed('through a shell')
  else cron.get('command').kept(`components.${name}.run`)
  cron.get('schedule').kept(`components.${name}.schedule`)
  if (policy === 'allow') cron.get('concurrency_policy').changed('one run at a time: what is due meanwhile is left out')
  else cron.get('concurrency_policy').kept(`components.${name}.schedule.overlap`)
  cron.get('maintenance').lost('Landfall has no switch that lets schedules rest')
}

function readHealth(reading: Reading, process: Entry): void {
  const name = reading.names.get(process.key)
  const component: PartialComponent | undefined = name === undefined ? undefined : reading.manifest.components[name]
  for (const check of process.items()) {
    const path = check.get('path').text()
    const type = check.get('type').text() ?? 'startup'
    if (
      component?.type === 'web' &&
      path !== undefined &&
      isRequestPath(path) &&
      type !== 'liveness' &&
      component.health === undefined
    ) {
      component.health = { path }
      check.get('path').kept('health.path')
      check.get('type').changed('asked of a new instance until it is healthy, and then on')
      check.get('content').lost('a part of a body is asked for by a check', `checks: [{ get: ${path}, text: … }]`)
      for (const key of ['attempts', 'timeout', 'wait', 'initialDelay'])
        check.get(key).lost('a probe that fails is repeated until `grace` is over')
      check.get('name').lost('a component has one probe')
      continue
    }
    if (type === 'startup' && check.get('uptime').isThere && component && component.health === undefined) {
      const seconds = check.get('uptime').number() ?? 10
      if (seconds >= 0 && seconds <= 600 && component.type !== 'web') {
        component.health = { alive: `${Math.round(seconds)}s` }
        check.get('uptime').kept('health.alive')
        check.get('type').kept('health')
        check.get('name').lost('a component has one probe')
        continue
      }
    }
    if (type === 'liveness') check.lost('nothing is restarted because it answers badly: a process that ends is')
    else check.lost('probes come from outside of an instance, and a component has one', 'health: /path')
  }
}
