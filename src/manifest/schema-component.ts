import { z } from 'zod'
import { componentBackup } from './schema-backup.ts'
import { envEntry } from './schema-env.ts'
import { schedule, steps } from './schema-release.ts'
import {
  command,
  commands,
  cpus,
  duration,
  envKey,
  flag,
  host,
  innerPath,
  name,
  port,
  prose,
  reference,
  requestPath,
  routePath,
  rule,
  scalar,
  size,
  whole,
} from './schema-scalars.ts'

const status = whole(100, 599)
const anything = z.unknown()

const source = z.union(
  [
    innerPath,
    z.strictObject({
      image: z.string().min(1).max(400).optional().describe('A container image, for engines that run containers.'),
      dockerfile: innerPath.optional().describe('A Dockerfile, for engines that run containers.'),
      folder: innerPath.optional().describe('The folder that the Dockerfile is built in.'),
    }),
  ],
  rule('E_TYPE', 'is not a source: a folder, { image } or { dockerfile }'),
)

const build = z.strictObject({
  type: reference
    .optional()
    .describe('The builder: node, python, static or command. Found out from the files when it is left out.'),
  install: command.optional().describe('Installs dependencies; the builder knows the usual one.'),
  command: command.optional().describe('Makes the artifact.'),
  output: innerPath.optional().describe('The folder, inside the source, that is kept.'),
  workspace: innerPath.optional().describe('The folder of this component in a monorepo that is installed as one.'),
  runtime: z
    .string(rule('E_TYPE', 'is not a text', 'put the version into quotes: "22"'))
    .max(60)
    .optional()
    .describe('Version of the runtime; wins over .nvmrc, .python-version and engines.'),
  env: z.record(envKey, scalar).optional().describe('Variables of the build. They become part of the artifact, so no secrets.'),
  args: z.record(envKey, scalar).optional().describe('The same as env.'),
  timeout: duration('1s', '6h').optional().describe('The build is ended after this time.'),
  memory: size.optional().describe('Most memory that the build may use.'),
  cpu: cpus.optional().describe('Most processors that the build may use.'),
})

const health = z.union(
  [
    requestPath('E_HEALTH_PATH'),
    z.strictObject({
      path: requestPath('E_HEALTH_PATH').optional().describe('Asked with GET.'),
      status: status.optional().describe('The status that means healthy.'),
      json: anything.optional().describe('What the JSON of the answer must contain.'),
      host: host.optional().describe('The Host header of the probe.'),
      tcp: z.literal(true, rule('E_TYPE', 'is not true')).optional().describe('Healthy when PORT accepts a connection.'),
      alive: duration('0s', '10m').optional().describe('Healthy when the process still lives after this time.'),
      every: duration('100ms', '1h').optional().describe('Time between two probes, once it was healthy.'),
      grace: duration('1s', '1h').optional().describe('How long a new instance may take to become healthy.'),
    }),
  ],
  rule('E_TYPE', 'is not a health check: a path, or a mapping'),
)

export const scale = z.strictObject({
  instances: whole(0, 50).optional().describe('How many instances run.'),
  memory: size.optional().describe('Memory of one instance; more ends it.'),
  cpu: cpus.optional().describe('Processors of one instance.'),
  max: whole(1, 50).optional().describe('More instances than this are refused.'),
  because: prose.optional().describe('The reason for max, shown whenever it refuses.'),
  sticky: flag.optional().describe('A visitor stays with one instance.'),
})

const redirect = z.strictObject({
  from: requestPath('E_PATH').describe('The path asked for.'),
  to: z
    .string(rule('E_TYPE', 'is not a text'))
    .regex(/^(\/(?!\/)|https?:\/\/)[\x21-\x7e]*$/, rule('E_PATH', 'is neither a path nor an http(s) address'))
    .describe('A path, or an address elsewhere.'),
  status: z
    .union([z.literal(301), z.literal(302), z.literal(307), z.literal(308)], rule('E_RANGE', 'is not 301, 302, 307 or 308'))
    .optional()
    .describe('301, 302, 307 or 308.'),
})

const serve = z.strictObject({
  spa: flag.optional().describe('Paths without a file are answered with index.html.'),
  basePath: routePath.optional().describe('The path that the files were built for.'),
  redirects: z.array(redirect).max(500).optional().describe('Redirects, looked at before the files.'),
  immutable: z
    .array(z.string(rule('E_TYPE', 'is not a text')).min(1).max(200))
    .max(50)
    .optional()
    .describe('Globs of files whose name changes with their content; browsers keep them for a year.'),
})

const stop = z.strictObject({
  drain: duration('0s', '24h')
    .optional()
    .describe('How long old instances may finish what they have in hand, without new requests.'),
  signal: z
    .enum(
      ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'],
      rule('E_TYPE', 'is not a signal that asks a program to end'),
    )
    .optional()
    .describe('The signal that asks it to end.'),
  grace: duration('0s', '1h').optional().describe('Time between that signal and SIGKILL.'),
})

const archive = z.strictObject({
  target: z
    .string(rule('E_TYPE', 'is not a text'))
    .regex(/^[a-z0-9][a-z0-9._-]{0,38}$/, rule('E_NAME', 'is not a name such as linux-x64'))
    .describe('Whose file it is: linux-x64, windows-x64, android.'),
  runner: z
    .string(rule('E_TYPE', 'is not a text'))
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/, rule('E_NAME', 'is not a name of a machine such as ubuntu-latest'))
    .optional()
    .describe('The machine of a pipeline that builds it.'),
  setup: commands.optional().describe('What that machine needs first. Pipelines run it, landfall build does not.'),
  command: command.optional().describe("In place of the build's command."),
  output: innerPath.optional().describe("In place of the build's output: a folder, or a file."),
  format: z
    .enum(['tar.gz', 'zip', 'file'], rule('E_TYPE', 'is not tar.gz, zip or file'))
    .optional()
    .describe('How it is packed; file: the one file as it is.'),
})

export const component = z.strictObject({
  type: z
    .enum(
      ['web', 'worker', 'job', 'static', 'cron', 'artifact', 'external'],
      rule('E_UNKNOWN_TYPE', 'is not a type of component', 'web, worker, job, cron, static or artifact'),
    )
    .describe('What it is: web, worker, job, cron, static, or artifact: files that a release publishes.'),
  source: source.optional().describe('Its folder. An image or a Dockerfile needs an engine that runs containers.'),
  build: build.optional().describe('How the source becomes an artifact.'),
  run: command.optional().describe('What an instance runs. The builder knows the usual one.'),
  port: port.optional().describe('The port in a container and on other platforms. Here every instance has its own PORT.'),
  health: health.optional().describe('How we know that an instance is ready for traffic.'),
  needs: z
    .array(reference)
    .max(50)
    .optional()
    .describe('What must be healthy before it starts. Resources that it refers to are added.'),
  release: steps.optional().describe('Steps of a release: once per release, with the new artifact, before it has traffic.'),
  bootstrap: steps.optional().describe('Steps that are run once per environment, after the release steps.'),
  predeploy: steps.optional().describe('Steps before a release begins, with what serves then.'),
  postdeploy: steps.optional().describe('Steps after the switch. One that fails is told, and undoes nothing.'),
  seed: commands.optional().describe('The same as tasks.seed.'),
  tasks: z.record(name, commands).optional().describe('Commands that a person asks for: landfall run web.seed.'),
  mounts: z
    .union(
      [z.array(reference).max(20), z.record(reference, z.string(rule('E_MOUNT', 'is not a folder')))],
      rule('E_TYPE', 'is not a mapping of volumes to folders, or a list of volumes'),
    )
    .optional()
    .describe('Volumes, each with the folder where it appears.'),
  scale: scale.optional().describe('How many instances, and how large.'),
  stop: stop.optional().describe('How instances end.'),
  rollout: z
    .enum(['overlap', 'replace', 'one-by-one'], rule('E_TYPE', 'is not overlap or replace'))
    .optional()
    .describe('overlap: new instances run beside the old ones. replace: the old ones stop first.'),
  user: prose.optional().describe('The user inside a container.'),
  backup: componentBackup.optional().describe('Commands around a backup, in place of a stop.'),
  test: command.optional().describe('Must exit 0 after the build, or there is no release.'),
  env: z.record(envKey, envEntry).optional().describe('Variables of this component alone.'),
  serve: serve.optional().describe('How static files are served.'),
  compatible: z
    .enum(['expand', 'breaking'], rule('E_TYPE', 'is not expand or breaking'))
    .optional()
    .describe('Whether code of before runs on the schema that this release leaves behind: expand, or breaking.'),
  schedule: schedule.optional().describe('When a cron component runs.'),
  archives: z
    .array(archive, rule('E_TYPE', 'is not a list of archives'))
    .min(1)
    .max(50)
    .optional()
    .describe('The files that a release of an artifact publishes, one for each kind of machine.'),
  url: z.string().optional().describe('Where an external component is.'),
})
