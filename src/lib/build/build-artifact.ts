import { chmodSync, existsSync, lchownSync, mkdirSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Source } from '../../model/app.ts'
import { syncFolder, writeAtomic } from '../atomic.ts'
import { LandfallError } from '../error.ts'
import { exec } from '../exec.ts'
import { failpoint } from '../failpoint.ts'
import { type Artifact, artifactFolder, artifactRoot, readArtifact } from './artifact.ts'
import { PLAIN_PATH } from './build-environment.ts'
import { buildFolder, type Made } from './build-folder.ts'
import { openGuard } from './build-guard.ts'
import type { BuildJob } from './build-job.ts'
import { openBuildLog } from './build-log.ts'
import type { BuildInput } from './build-types.ts'
import { closedTo } from './closed-to.ts'
import { trustDependencies, twinOf } from './keep-dependencies.ts'
import { killBuild } from './kill-builds.ts'
import { precompress } from './precompress.ts'
import { removeTree } from './remove-tree.ts'
import { openScratch } from './scratch.ts'
import { sealTree } from './seal-tree.ts'

const underWay = new Map<string, Promise<unknown>>()

/**
 * Makes sure that the artifact is there: whole, on the disk, read-only. Built at most once at a time: whoever asks for the same one
 * meanwhile waits, and builds only if that failed.
 */
export async function buildArtifact(input: BuildInput): Promise<Artifact> {
  const key = artifactFolder(input.home, input.artifact)
  for (;;) {
    const there = readArtifact(input.home, input.artifact)
    if (there) return there
    const other = underWay.get(key)
    if (!other) break
    input.say(`${input.artifact} is being built already: waiting for it`)
    await Promise.race([other.catch(() => {}), aborted(input)]) // Whoever began it is told why it failed.
  }
  const work = build(input).finally(() => underWay.delete(key))
  underWay.set(key, work)
  return work
}

async function build(input: BuildInput): Promise<Artifact> {
  const { home, component, artifact, identity } = input
  const { source } = component
  if (source.type !== 'folder' && source.type !== 'server') throw noImages(input, source)
  const log = openBuildLog(home, input.runOf, component.name, artifact, input.say)
  const guard = openGuard(home, component.name, component.build.timeoutSeconds, input.signal)
  const scratch = await openScratch(home, artifact)
  const aside = `${artifactFolder(home, artifact)}.tmp`
  const job: BuildJob = { input, scratch, log, guard }
  try {
    const closed = identity && closedTo(identity, scratch.folder)
    if (closed) {
      const message = `${closed} is on the way to what is built, and may not be entered by the user that builds`
      throw new LandfallError({ code: 'E_HOME_CLOSED', message, hint: `chmod o+x ${closed}` })
    }
    const made = source.type === 'server' ? await installServer(job, source) : await buildFolder(job, source)
    return await publish(job, made, aside)
  } catch (error) {
    const isTold = error instanceof LandfallError && OWN_ENDS.has(error.code)
    // A download or a copy of our own that was ended, or met a full disk.
    const isOurs = guard.signal.aborted || !(error instanceof LandfallError)
    throw (!isTold && isOurs && guard.ended('files were fetched or written', log.tail())) || error
  } finally {
    guard.close()
    await killBuild(home, artifact)
    await removeTree(scratch.folder)
    await removeTree(aside)
    log.close()
  }
}

const OWN_ENDS = new Set(['E_CANCELLED', 'E_BUILD_TIMEOUT', 'E_DISK'])

async function installServer(job: BuildJob, source: Extract<Source, { type: 'server' }>): Promise<Made> {
  const { input, scratch, log, guard } = job
  const server = input.servers[source.resource]
  if (!server) {
    throw new LandfallError({ code: 'E_SERVER', message: `nothing here provides a server for ${source.resource}` })
  }
  const cache = join(input.home, 'cache')
  mkdirSync(cache, { recursive: true, mode: 0o711 })
  await server.install(source, scratch.root, { signal: guard.signal, say: log.line, cache })
  const path = existsSync(join(scratch.root, 'bin')) ? ['bin'] : []
  return { output: scratch.root, path, runtimes: [], folder: '.', findings: [], dependencies: [] }
}

/** From the scratch to its name: visible whole, or not at all. */
async function publish({ input, scratch, log, guard }: BuildJob, made: Made, aside: string): Promise<Artifact> {
  const { home, artifact, component } = input
  await removeTree(aside)
  mkdirSync(join(home, 'artifacts'), { recursive: true, mode: 0o711 })
  mkdirSync(aside, { mode: 0o700 })
  const root = join(aside, 'root')
  if (process.getuid?.() === 0) lchownSync(made.output, 0, 0)
  chmodSync(made.output, 0o755)
  await rename(made.output, root)
  if (component.type === 'static') {
    const packed = await precompress(root, { signal: guard.signal })
    if (packed.files > 0) log.line(`${packed.files} files have packed siblings (br, gz)`)
  }
  const to = artifactRoot(home, artifact)
  const sealed = await sealTree(root, { mention: { of: scratch.root, by: to }, twin: twinOf(made.dependencies) })
  if (component.type === 'static' && sealed.outward.length > 0) {
    const detail = sealed.outward.slice(0, 20).join('\n')
    const message = `${component.name}: what is to be published has links that lead out of it`
    throw new LandfallError({ code: 'E_OUTPUT_UNSAFE', at: `components.${component.name}.build`, message, detail })
  }
  const { path, runtimes, folder, command, findings } = made
  const builtAt = new Date().toISOString()
  const content: Artifact = {
    version: 1,
    path,
    runtimes,
    folder,
    ...(command && { command }),
    builtAt,
    sizeBytes: sealed.bytes,
    findings,
  }
  writeAtomic(join(aside, 'artifact.json'), `${JSON.stringify(content, null, 1)}\n`, 0o444)
  await syncAll(aside)
  for (const each of made.dependencies) trustDependencies(each)
  chmodSync(aside, 0o755)
  failpoint('build:before-rename')
  // Only what is not whole can be in the way.
  await removeTree(artifactFolder(home, artifact))
  await rename(aside, artifactFolder(home, artifact))
  syncFolder(join(home, 'artifacts'))
  failpoint('build:after-rename')
  const mib = (sealed.bytes / 1024 ** 2).toFixed(1)
  log.line(`${artifact}: ${sealed.files} files, ${mib} MiB`)
  return content
}

/** All files at once: one by one takes longer than the build. */
async function syncAll(folder: string): Promise<void> {
  const options = { env: { PATH: PLAIN_PATH.join(':') }, timeoutSeconds: 300 }
  // Where it cannot be asked for one disk alone, all of them.
  await exec('sync', ['-f', folder], options).catch(() => exec('sync', [], options))
}

function noImages({ component }: BuildInput, source: Source): LandfallError {
  return new LandfallError({
    code: 'E_ENGINE',
    at: `components.${component.name}.source`,
    message: `${component.name} is ${source.type === 'image' ? 'an image' : 'built by a Dockerfile'}, and this engine runs programs, not containers`,
    hint: 'give it a `source` folder and a `build`',
  })
}

function aborted({ signal, artifact }: BuildInput): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new LandfallError({ code: 'E_CANCELLED', message: `the wait for ${artifact} was ended` }))
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail, { once: true })
  })
}
