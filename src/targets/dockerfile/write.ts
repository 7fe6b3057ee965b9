import { posix } from 'node:path'
import type { App, Component } from '../../model/app.ts'
import type { ManualStep, WriteContext, Written } from '../../model/target.ts'
import { quoteAll } from '../../translate/image/shell.ts'
import { imageOf, type WrittenImage } from '../../translate/image/write-image.ts'
import { envExample } from './env-example.ts'
import { markApp } from './mark.ts'

/** A Dockerfile for each component that is built from a folder, with what its image needs beside it. */
export async function write(app: App, context: WriteContext): Promise<Written> {
  const files: Written['files'] = {}
  const steps: ManualStep[] = []
  if (context.project !== '.') {
    const commands = [`cp -R . ${context.project}/`]
    const text = 'A build sees only files below its folder: the Dockerfiles belong beside the sources.'
    steps.push({ title: 'copy the files into the project', commands, text })
  }
  for (const component of app.components) {
    if (component.source.type !== 'folder' || component.type === 'artifact') continue
    const image = await imageOf(app, component, context, 'dockerfile')
    if (!image) {
      const message = `${component.name} has no builder: nothing is known of how its image is made`
      context.of(component.name).finding('warning', 'W_NO_RECIPE', message, 'say which: build: { type: node }')
      continue
    }
    Object.assign(files, image.files)
    const example = envExample(image.plan, app)
    if (example) files[inFolder(image, `${component.name}.env.example`)] = { text: example }
    steps.push(...stepsFor(app, component, image, example !== undefined))
  }
  markApp(app, context)
  return { files, steps }
}

const inFolder = ({ plan }: WrittenImage, name: string) => posix.join(plan.folder, name)

function stepsFor(app: App, component: Component, image: WrittenImage, hasExample: boolean): ManualStep[] {
  const { plan, tag, file } = image
  const args = Object.entries(image.buildArgs).flatMap(([name, text]) =>
    text === undefined ? [`--build-arg ${name}=<value>`] : [],
  )
  const build: ManualStep = {
    title: `build the image of ${component.name}`,
    commands: [
      ['docker build --platform linux/amd64', ...args, `-t ${tag} -f ${posix.join(plan.folder, file)} ${plan.folder}`].join(' '),
    ],
    text: 'linux/amd64 is what most servers are; leave it out where yours is something else.',
  }
  const test = component.test?.flatMap((v) => (v.type === 'text' ? [v.text] : [])) ?? []
  const tests: ManualStep[] = []
  if (test.length > 0) {
    const stage = `${app.name}-${component.name}-build`
    const folder = posix.join('/app', component.build.options.workspace ?? '.')
    const made = `docker build --target build -t ${stage} -f ${posix.join(plan.folder, file)} ${plan.folder}`
    tests.push({ title: `test ${component.name}`, commands: [made, `docker run --rm -w ${folder} ${stage} ${quoteAll(test)}`] })
  }
  if (component.type === 'static')
    return [...tests, build, { title: `serve ${component.name}`, commands: [`docker run --rm -p 8080:8080 ${tag}`] }]
  const name = `${app.name}-${component.name}`
  const env = hasExample ? [`--env-file ${component.name}.env`] : []
  const volumes = plan.mounts.map((m) => `-v ${app.name}-${m.volume}:${m.path}`)
  const run = (...words: string[]) => ['docker run', ...words, ...env, ...volumes].join(' ')
  const port = plan.port === undefined ? [] : [`-p 127.0.0.1:${plan.port}:${plan.port}`]
  const ends = component.type === 'job' || component.type === 'cron'
  const steps = [...tests, build]
  if (hasExample) {
    const example = inFolder(image, `${component.name}.env.example`)
    steps.push({
      title: `set the variables of ${component.name}`,
      commands: [`cp ${example} ${component.name}.env`],
      text: 'Then fill it in; it never goes into git.',
    })
  }
  const grace = `--stop-timeout ${component.stop.graceSeconds}`
  steps.push({
    title: `run ${component.name}`,
    commands: [`${ends ? run('--rm') : run('-d', `--name ${name}`, '--restart unless-stopped', grace, ...port)} ${tag}`],
  })
  for (const [task, commands] of Object.entries(plan.tasks)) {
    steps.push({
      title: `${component.name}.${task}, on demand`,
      commands: commands.map((words) => `${run('--rm', '-e LANDFALL_PREPARE=no')} ${tag} ${words.join(' ')}`),
    })
  }
  return steps
}
