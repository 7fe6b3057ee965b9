import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { Resource } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'
import postgres from './index.ts'

export interface Ids {
  uid: number
  gid: number
}
/** As root, the kind of uid that servers get: one that /etc/passwd does not know. */
export const SERVER: Ids | undefined = process.getuid?.() === 0 ? { uid: 60990, gid: 60990 } : undefined

interface ServerWish {
  /** Temporary folder of the test, which every uid may enter. */
  root: string
  artifact: string
  port: number
  options?: Record<string, unknown>
  ids?: Ids | undefined
  /** Path of the volume below a folder of its own. */
  depth?: string
}

/** The real server, started as an engine starts it: command, environment, PORT, working folder and uid of the component. */
export class Server {
  readonly resource: Resource
  readonly root: string
  readonly folder: string
  readonly artifact: string
  readonly port: number
  readonly ids: Ids | undefined
  password = 'Kq3vX9dLr2'
  child: ChildProcess | undefined
  constructor({ root, artifact, options = {}, port, ids = SERVER, depth = 'v' }: ServerWish) {
    this.resource = { name: 'db', type: 'postgres', options }
    this.root = root
    this.artifact = artifact
    this.port = port
    this.ids = ids
    const parent = mkdtempSync(join(root, 'volume-'))
    chmodSync(parent, 0o755)
    this.folder = join(parent, depth)
    mkdirSync(this.folder, { recursive: true, mode: 0o755 })
    if (ids) chownSync(this.folder, ids.uid, ids.gid)
  }

  get component() {
    return postgres.expand(this.resource).components[0]!
  }
  text(value: Value): string {
    if (value.type === 'text') return value.text
    if (value.type === 'stored') return this.password
    if (value.type === 'volume') return this.folder
    if (value.type === 'address') return value.part === 'host' ? '127.0.0.1' : String(this.port)
    if (value.type === 'join') return value.parts.map((v) => this.text(v)).join('')
    throw new Error(`no text for ${value.type}`)
  }
  output(field: string): string {
    return this.text(postgres.output(this.resource, field))
  }
  get logFile() {
    return `${this.folder}.log`
  }
  get log() {
    return readFileSync(this.logFile, 'utf8')
  }
  start(): void {
    const { command, env } = this.component
    const log = openSync(this.logFile, 'a')
    const [file, ...args] = command!.map((v) => this.text(v))
    const given = Object.fromEntries(Object.entries(env).map(([k, v]) => [k, this.text(v)]))
    this.child = spawn(file!, args, {
      cwd: this.artifact,
      env: { PATH: '/usr/bin:/bin', LANDFALL_HOME: this.root, PORT: String(this.port), ...given },
      stdio: ['ignore', log, log],
      detached: true,
      ...this.ids,
    })
    const child = this.child
    // SIGQUIT, since a server that is killed leaves its shared memory behind.
    onTestFinished(async () => {
      this.child = child
      for (const name of ['SIGCONT', 'SIGQUIT'] as const) this.signal(name)
      const force = setTimeout(() => this.signal('SIGKILL'), 5000)
      await this.ended()
      clearTimeout(force)
    })
  }
  /** To the whole group, as an engine does. */
  signal(name: NodeJS.Signals, child = this.child): void {
    try {
      process.kill(-child!.pid!, name)
    } catch {
      // It has ended.
    }
  }
  async ended(): Promise<number | null> {
    const child = this.child!
    if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve))
    // Its processes follow it; until the last is gone the memory they share is in use.
    while (isGroupAlive(child.pid!)) await sleep(10)
    return child.exitCode
  }
  async stop(): Promise<void> {
    this.signal('SIGINT')
    await this.ended()
  }
  login(): Promise<void> {
    const { health } = this.component
    if (health?.type !== 'resource') throw new Error('no login')
    const values = Object.fromEntries(Object.entries(health.values).map(([k, v]) => [k, this.text(v)]))
    return postgres.server!.login(values, AbortSignal.timeout(20_000))
  }
  /** Tries until it works, as long as the server lives. */
  async ready(): Promise<void> {
    for (;;) {
      const failure = await this.login().then(
        () => undefined,
        (error: unknown) => error,
      )
      if (!failure) return
      if (this.child?.exitCode !== null || this.child.signalCode !== null) throw new Error(`the server ended:\n${this.log}`)
      await sleep(20)
    }
  }
  async up(): Promise<void> {
    this.start()
    await this.ready()
  }
  async query(sql: string, as: { user?: string; password?: string; database?: string } = {}): Promise<unknown[]> {
    const user = as.user ?? this.output('user')
    const password = as.password ?? this.password
    const database = as.database ?? this.output('database')
    const client = new pg.Client({ host: '127.0.0.1', port: this.port, user, password, database, ssl: false })
    client.on('error', () => {})
    try {
      await client.connect()
      // Several statements at once have several results.
      const results = [await client.query({ text: sql, rowMode: 'array' })].flat()
      return results.at(-1)!.rows.flat()
    } finally {
      await client.end().catch(() => {})
    }
  }
}

/** Zombies do not count: they hold nothing, and how soon somebody takes their exit code is not ours. */
function isGroupAlive(group: number): boolean {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const [state, , pgrp] = readOrEmpty(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    if (pgrp === String(group) && state !== 'Z') return true
  }
  return false
}

/** By chance, since other tests look for ports at the same time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(24_000, 30_000)
    const socket = connect(port, '127.0.0.1')
    const isTaken = await new Promise((resolve) => socket.on('connect', () => resolve(true)).on('error', () => resolve(false)))
    socket.destroy()
    if (!isTaken) return port
  }
}
export function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // The process has gone.
  }
}
