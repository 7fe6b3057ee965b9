import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { constants } from 'node:os'
import { joinName } from '../../lib/digest.ts'
import { LandfallError } from '../../lib/error.ts'
import type { Component } from '../../model/app.ts'
import type { Scope } from '../../model/plan.ts'
import type { ExecIo } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { endProcesses } from './end-processes.ts'
import { paths } from './paths.ts'
import { addressPort, freePort } from './ports.ts'
import { prepare } from './prepare.ts'
import type { InstanceRecord } from './record.ts'
import type { World } from './world.ts'

interface Beside {
  component: Component
  release: string
  artifact: string
  command: Value[]
}

/** A command with all that an instance has, tied to us by pipes: it ends when we do, and is no part of what is planned. */
export async function runBeside(world: World, scope: Scope, what: Beside, io: ExecIo): Promise<number> {
  const { app, environment } = scope
  const { component, release, artifact } = what
  const id = joinName([app, environment, component.name, 'exec', randomBytes(4).toString('hex')])
  const taken = new Set([...world.lives.values()].flatMap((l) => l.record.port ?? []))
  const port =
    component.address === 'own'
      ? await addressPort(world.home, paths.memory(world.home, 'addresses.json'), scope, component.name)
      : await freePort(world.home, taken)
  const wanted = { app, environment, id, component, release, index: 0, artifact, port }
  const record: InstanceRecord = { ...wanted, version: 1, type: 'once', digest: '', desired: { type: 'up' }, restarts: 0 }
  try {
    const { file, args, env, cwd } = await prepare(world, wanted, what.command)
    return await run(file, args, { env, cwd }, io)
  } finally {
    // A cut connection, or a child that it left behind.
    await endProcesses(world, record, { signal: 'SIGTERM', graceSeconds: 1 })
    world.cgroups.remove(id)
    rmSync(paths.instance(world.home, id), { recursive: true, force: true })
  }
}

function run(file: string, args: string[], how: { env: Record<string, string>; cwd: string }, io: ExecIo): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...how, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    const end = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGTERM')
      } catch {
        // It has ended in the meantime.
      }
    }
    if (io.signal.aborted) end()
    io.signal.addEventListener('abort', end, { once: true })
    child.stdout.on('data', (chunk: Buffer) => io.stdout(chunk))
    child.stderr.on('data', (chunk: Buffer) => io.stderr(chunk))
    child.stdin.on('error', () => {}) // It may end without reading all of its input: its exit code tells.
    if (io.stdin) io.stdin.pipe(child.stdin)
    else child.stdin.end()
    const settle = () => {
      io.signal.removeEventListener('abort', end)
      io.stdin?.unpipe(child.stdin)
    }
    child.once('error', (error) => {
      settle()
      reject(new LandfallError({ code: 'E_START', message: `could not start ${file}: ${error.message}`, cause: error }))
    })
    // `exit` and not `close`: a child that it left behind may hold the pipes for ever.
    child.once('exit', (code, signal) => {
      settle()
      const result = code ?? 128 + (signal ? constants.signals[signal] : 0)
      const last = setTimeout(() => resolve(result), 500)
      child.once('close', () => {
        clearTimeout(last)
        resolve(result)
      })
    })
  })
}
