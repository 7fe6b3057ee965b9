import { posix } from 'node:path'
import { stringify } from 'yaml'
import { LandfallError } from '../../lib/error.ts'
import { show } from '../../lib/show.ts'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { imageOf } from '../../translate/image/write-image.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { applyScript } from './apply-script.ts'
import { type Choices, type Draft, FOLDER, imageName, type Mapping, yamlOf } from './draft.ts'
import { markApp } from './mark.ts'
import { writeRelease, writeTasks } from './write-jobs.ts'
import { writeResources } from './write-resources.ts'
import { writeRoutes } from './write-routes.ts'
import { writeWorkload } from './write-workload.ts'

/** Objects of an app, one file for each component, images to build, and a script with the order that no object says. */
export async function write(app: App, context: WriteContext): Promise<Written> {
  const draft: Draft = {
    app,
    context,
    choices: choicesOf(app, context),
    images: new Map(),
    documents: new Map(),
    jobs: new Set(),
    secrets: new Map(),
    files: {},
    steps: [],
  }
  const own = app.components.filter((c) => c.type !== 'artifact')
  await writeImages(draft, own)
  const servers = writeResources(draft)
  const releases: { job: string; seconds: number }[] = []
  for (const component of inOrder(own)) {
    const job = writeRelease(draft, component)
    if (job !== undefined) releases.push({ job, seconds: 1800 })
  }
  for (const component of own) {
    writeWorkload(draft, component)
    writeTasks(draft, component)
  }
  writeRoutes(draft)
  markApp(draft)
  const rollouts = own
    .filter((c) => c.type === 'web' || c.type === 'worker' || c.type === 'static')
    .map((c) => ({ name: `deployment/${c.name}`, seconds: Math.max(600, Math.ceil((c.health?.timeoutSeconds ?? 60) * 2)) }))
  for (const [file, documents] of draft.documents) draft.files[`${FOLDER}/${file}`] = { text: yamlOf(documents) }
  draft.files[`${FOLDER}/kustomization.yaml`] = { text: kustomization(draft) }
  draft.files[`${FOLDER}/apply.sh`] = { text: applyScript(draft, { servers, releases, rollouts }), isExecutable: true }
  draft.steps.unshift(...secretSteps(draft))
  draft.steps.push({ title: 'release', commands: [`./${FOLDER}/apply.sh`] })
  draft.steps.push({
    title: 'go back, later',
    commands: rollouts.map((r) => `kubectl -n ${draft.choices.namespace} rollout undo ${r.name}`),
    text: 'Images go back by that; migrations are not undone.',
  })
  return { files: draft.files, steps: draft.steps }
}

function choicesOf(app: App, context: WriteContext): Choices {
  const {
    registry,
    namespace,
    routes = 'gateway',
    class: className,
    issuer,
    postgres = 'statefulset',
    storage,
    autoscale,
  } = context.options
  const refuse = (name: string, value: string, is: string): never => {
    throw new LandfallError({
      code: 'E_USAGE',
      message: `${name} ${show(value)} is not ${is}`,
      hint: '`landfall export --help` names the options',
    })
  }
  if (!['gateway', 'ingress'].includes(routes)) refuse('routes', routes, 'gateway or ingress')
  if (!['statefulset', 'cnpg'].includes(postgres)) refuse('postgres', postgres, 'statefulset or cnpg')
  if (storage !== undefined && !/^\d+(Mi|Gi|Ti)$/.test(storage)) refuse('storage', storage, 'a size such as 10Gi')
  if (autoscale !== undefined && !/^\d{1,2}$/.test(autoscale)) refuse('autoscale', autoscale, 'a number of instances')
  if (registry !== undefined && !/^[\w.:/-]+$/.test(registry))
    refuse('registry', registry, 'a registry such as git.example.org/team')
  for (const [name, value] of Object.entries({ namespace, class: className, issuer }))
    if (value !== undefined && !/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(value))
      refuse(name, value, 'a name that Kubernetes has')
  const usual = app.environment.name === 'production' ? app.name : `${app.name}-${app.environment.name}`
  return {
    registry: registry ?? 'registry.example',
    namespace: namespace ?? usual.slice(0, 63).replace(/-+$/, ''),
    isIngress: routes === 'ingress',
    class: className ?? (routes === 'ingress' ? 'traefik' : 'default'),
    issuer: issuer ?? 'letsencrypt',
    isCnpg: postgres === 'cnpg',
    storage: storage ?? '10Gi',
    ...(autoscale !== undefined && { autoscale: Number(autoscale) }),
  }
}

async function writeImages(draft: Draft, components: Component[]): Promise<void> {
  const { app, context, choices } = draft
  const commands: string[] = []
  for (const component of components) {
    const { source } = component
    const ref = imageName(draft, component)
    if (source.type === 'dockerfile') {
      const folder = context.folder(component)
      commands.push(
        `docker build --platform linux/amd64 -t ${ref} -f ${posix.join(folder, source.file)} ${folder}`,
        `docker push ${ref}`,
      )
    }
    if (source.type !== 'folder') continue
    const image = await imageOf(app, component, context, 'kubernetes', {
      words: {
        given: () => ({ kept: 'secretKeyRef' }),
        release: `the Job ${component.name}-release: apply.sh waits for it before the rollout`,
        bootstrap: `a part of the Job ${component.name}-release: once, and the database remembers it`,
        isOnce: true,
      },
    })
    if (!image) {
      const message = `nothing is known of how the image of ${component.name} is made`
      context
        .of(component.name)
        .finding('warning', 'W_NO_RECIPE', message, `say which: build: { type: node }; the image is to be called ${ref}`)
      continue
    }
    draft.images.set(component.name, image)
    Object.assign(draft.files, image.files)
    const args = Object.entries(image.buildArgs).flatMap(([name, text]) =>
      text === undefined ? [`--build-arg ${name}=<value>`] : [],
    )
    const { folder } = image.plan
    commands.push(
      ['docker build --platform linux/amd64', ...args, `-t ${ref} -f ${posix.join(folder, image.file)} ${folder}`].join(' '),
      `docker push ${ref}`,
    )
  }
  if (context.project !== '.')
    draft.steps.push({ title: 'copy the files into the project', commands: [`cp -R . ${context.project}/`] })
  if (commands.length === 0) return
  const text =
    choices.registry === 'registry.example'
      ? 'registry.example stands for yours: --option registry=git.example.org/team writes it.'
      : undefined
  draft.steps.push({ title: 'build and push the images', commands, ...(text && { text }) })
}

/** What is needed stands before what needs it. */
function inOrder(components: Component[]): Component[] {
  const done: Component[] = []
  const visit = (component: Component, above: Component[]) => {
    if (done.includes(component) || above.includes(component)) return
    for (const need of component.needs) {
      const other = components.find((c) => c.name === need)
      if (other) visit(other, [...above, component])
    }
    done.push(component)
  }
  for (const component of components) visit(component, [])
  return done
}

function kustomization(draft: Draft): string {
  const resources = [...draft.documents.keys()].filter((file) => !draft.jobs.has(file)).sort()
  const data: Mapping = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: draft.choices.namespace,
    resources,
  }
  return `# ${writtenBy('kubernetes')}\n# Jobs are not in it: apply.sh runs them in their turn.\n${stringify(data, { lineWidth: 0 })}`
}

/** No value of a secret is in any file: a person makes the Secrets, once. */
function secretSteps(draft: Draft): Written['steps'] {
  const { namespace } = draft.choices
  return [...draft.secrets].map(([secret, keys]) => {
    const literals = [...keys]
      .filter(([, is]) => !is.isOptional)
      .map(([key, { make }]) => `--from-literal=${key}=${make ? `"$(${make})"` : "'<value>'"}`)
    const optional = [...keys].filter(([, is]) => is.isOptional).map(([key]) => key)
    return {
      title: `make the Secret ${secret}`,
      commands: [
        `kubectl get namespace ${namespace} >/dev/null 2>&1 || kubectl create namespace ${namespace}`,
        [`kubectl -n ${namespace} create secret generic ${secret}`, ...literals].join(' '),
      ],
      text: `Arguments of a command are seen by others on the machine, and kept by the shell: --from-env-file takes them from a file.${optional.length > 0 ? ` Nobody needs ${optional.join(', ')}.` : ''}`,
    }
  })
}
