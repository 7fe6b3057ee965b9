import { splitPath } from '../../manifest/places.ts'
import type { App, EnvEntry } from '../../model/app.ts'
import type { Entry, WriteContext } from '../../model/target.ts'
import { toolOf } from './entrypoint.ts'
import type { ImagePlan, ImageVariable } from './plan-image.ts'
import { bindsLoopback } from './plan-image.ts'

/** How the target says what is not in the image itself. */
export interface ImageWords {
  /** What becomes of a variable that somebody has to set: `\`docker run --env-file\``. */
  given(variable: ImageVariable): { kept: string } | { changed: string; hint?: string }
  /** What a release step of the image means there. */
  release: string
  bootstrap: string
  /** That it was done is noted in the component's PostgreSQL: without one it is not done. */
  notesInDatabase?: boolean
  /** The platform runs the release once, before any container of it starts. */
  isOnce?: boolean
}

/** Verdicts on everything of a component that its image carries. What belongs to the platform is for the target to say. */
export function markImage(plan: ImagePlan, context: WriteContext, words: ImageWords): void {
  const { component } = plan
  const own = context.of(component.name)
  const tool = toolOf(plan)
  if (own.get('source').text() === undefined || own.get('source').text() === plan.folder) own.get('source').kept('COPY')
  else own.get('source').changed('it is built from the root of its monorepo, where the lockfile is')
  markBuild(plan, context)
  const run = own.get('run')
  if (plan.unsaid.includes(`components.${component.name}.run`))
    run.lost('it has a value in it that only the platform knows', 'give the command there by hand')
  else if (bindsLoopback(component)) run.changed('in a container it listens on 0.0.0.0: nothing reaches its loopback')
  else if (/\$\{(?!PORT\})/.test(JSON.stringify(run.value ?? '').replaceAll('$$', '')))
    run.changed('CMD, with the values of this environment')
  else run.kept('CMD')
  if (!plan.command && component.type !== 'static') {
    own.finding('warning', 'W_NO_COMMAND', `nothing says how ${component.name} is started: its image has no command`, 'set `run`')
  }
  own.get('port').kept('EXPOSE')
  markHealth(plan, context)
  for (const need of own.get('needs').items()) {
    if (plan.waits.some((w) => namesOf(plan, need.text() ?? '').includes(w)))
      need.changed('the entrypoint waits for its address, 300 s at most')
    else need.changed('the platform starts it; no variable names its address, so nothing waits for it')
  }
  own.get('release').changed(words.release)
  if (words.notesInDatabase && (tool === undefined || plan.lock === undefined)) {
    own.get('bootstrap').lost('its image cannot note that it was done: it has no PostgreSQL', 'run it by hand, once')
  } else own.get('bootstrap').changed(words.bootstrap)
  if (tool === undefined && (plan.release.length > 0 || plan.waits.length > 0)) {
    own.finding(
      'warning',
      'W_NO_LOCK',
      `the image of ${component.name} has neither Node nor Python: its entrypoint cannot wait for databases or hold a lock`,
      'run one container while releasing',
    )
  } else if (plan.release.length > 0 && plan.lock === undefined && !words.isOnce) {
    const hint = 'make the steps safe to run twice at once, or start one container first'
    own
      .get('release')
      .finding(
        'warning',
        'W_NO_LOCK',
        `nothing keeps two containers of ${component.name} from releasing at once: it has no PostgreSQL`,
        hint,
      )
  }
  for (const step of component.releaseSteps) {
    if (step.check || step.isRepeatable || words.isOnce) continue
    own
      .get('release')
      .finding(
        'changed',
        'W_EVERY_START',
        `${component.name}.${step.name} runs at every start of a container, not once per release`,
        'give it a `check`, so that the second time does nothing',
      )
    break
  }
  own.get('stop', 'signal').kept('STOPSIGNAL')
  own.get('test').changed('a command to type before the image is shipped: a build does not run it')
  own.get('user').changed('the image runs as 1001:1001')
  for (const variable of plan.variables) markVariable(variable, context, words, tool !== undefined)
  for (const group of plan.groups) context.manifest.get(...splitPath(group.at)).kept('the entrypoint checks it')
}

/** Variables that resources are described by, and that no component has: what is made of them is set itself. */
export function markUnread(app: App, context: WriteContext): void {
  for (const entry of app.contract) {
    if (entry.components.length > 0) continue
    placeOf(entry, context).changed('no component reads it; what is made of it is a variable of its own there')
  }
}

function markBuild({ component, base }: ImagePlan, context: WriteContext): void {
  const build = context.of(component.name).get('build')
  for (const key of ['type', 'install', 'command', 'output', 'workspace'] as const) build.get(key).kept('Dockerfile')
  const runtime = build.get('runtime')
  if (base.run.includes(`:${runtime.text()}-`)) runtime.kept('FROM')
  else runtime.changed(`the image is ${base.run}`)
  for (const value of (['env', 'args'] as const).flatMap((key) => build.get(key).entries())) {
    if (value.text()?.includes('${')) value.changed('ARG, with the value that it has in this environment')
    else value.kept('ARG')
  }
  build.get('timeout').lost('Docker has no limit for the time of a build')
  for (const key of ['memory', 'cpu'] as const)
    build.get(key).lost('a Dockerfile limits no build', 'docker build --memory, where the builder knows it')
  if (base.remark) build.finding('changed', 'W_RUNTIME_CHOSEN', base.remark, 'say which: build: { runtime: "…" }')
}

function markHealth(plan: ImagePlan, context: WriteContext): void {
  const health = context.of(plan.component.name).get('health')
  const has = toolOf(plan) !== undefined
  const { component } = plan
  if (component.health?.type === 'http' && has) {
    health.kept('HEALTHCHECK')
    health.get('host').kept('HEALTHCHECK')
    return
  }
  if (component.health?.type === 'http') {
    health.lost('the image has no program that could ask', 'let the platform ask, or put curl into the image')
  } else if (component.health?.type === 'tcp') {
    health.lost('a HEALTHCHECK asks for a path here', 'give it a path, or let the platform ask for the port')
  } else health.changed('a container that ends is what tells')
}

function markVariable(variable: ImageVariable, context: WriteContext, words: ImageWords, hasTool: boolean): void {
  const { entry, from } = variable
  const place = placeOf(entry, context)
  const isPlain = entry.default?.type === 'text'
  if (from.type === 'fixed' && isPlain) place.kept('ENV')
  else if (from.type === 'fixed') place.changed('ENV, with the value that it has in this environment')
  else if (from.type === 'composed') place.changed('made when a container starts, of what is there then')
  else {
    const said = words.given(variable)
    if ('kept' in said) place.kept(said.kept)
    else place.changed(said.changed, said.hint)
  }
  for (const key of ['type', 'values', 'requiredIf'] as const)
    place.get(key).lost('nothing in the image looks at it', 'a pattern is looked at')
  for (const key of ['minLength', 'pattern'] as const) {
    const rule = place.get(key)
    if (hasTool) rule.kept('the entrypoint checks it')
    else rule.lost('the image has no program that could check it')
  }
}

/** What an environment says of a variable stands at the top of the manifest that is written. */
export function placeOf(entry: EnvEntry, context: WriteContext): Entry {
  return context.manifest.get(...splitPath(entry.at.replace(/^environments\.[^.]+\./, '')))
}

/** The variables that could hold the address of a need. */
function namesOf(plan: ImagePlan, need: string): string[] {
  return plan.waits.filter((w) => {
    const [first] = w.split(':')
    const text = JSON.stringify(plan.variables.find((v) => v.entry.name === first)?.entry.default ?? '')
    return text.includes(`"resource":${JSON.stringify(need)}`) || text.includes(`"component":${JSON.stringify(need)}`)
  })
}
