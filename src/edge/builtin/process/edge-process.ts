import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { LandfallError } from '../../../lib/error.ts'
import type { Scope } from '../../../model/plan.ts'
import type { EdgeRequest, EdgeStats } from '../../../model/plug.ts'
import { defaultLimits, readLimits } from '../http/limits.ts'
import { AccessLog } from '../log/access-log.ts'
import { ask } from '../proxy/ask.ts'
import type { Door } from '../proxy/door.ts'
import { Downstream } from '../proxy/downstream.ts'
import { Plane } from '../proxy/plane.ts'
import { SealedFile } from '../state/sealed-file.ts'
import { isLocal, scopeKey } from '../state/table.ts'
import { AllTables } from '../state/tables.ts'
import type { About } from './about.ts'
import { createControl } from './control.ts'
import { onDial } from './dial.ts'
import { Doors } from './doors.ts'
import { Elders, startSuccessor } from './hand-over.ts'
import { AGAIN } from './launch.ts'
import type { EdgePaths } from './paths.ts'
import { Ports } from './ports.ts'
import { readEndpoint, readScope, readText, readTexts } from './read-input.ts'
import type { HeldSocket } from './sockets.ts'

const SPARES = 8
/** A relieved edge keeps its sockets for so long. */
const LEAVE_MS = 3600_000
const LEAVE_LOOK_MS = 250
const STOP_MS = 1_000
const SHELL_LOOK_MS = 2_000
/** Descriptors for files, logs and the control socket. */
const RESERVED = 200

export interface EdgeProcessOptions {
  home: string
  paths: EdgePaths
  about: About
  sockets: HeldSocket[]
  limits: string | undefined
  say: (line: string) => void
}

/** Puts the parts together: tables, listeners, control socket, and the way to the next edge. */
export class EdgeProcess {
  private readonly options: EdgeProcessOptions
  private readonly log: AccessLog
  private readonly plane: Plane
  private readonly ports: Ports
  private readonly tables: AllTables
  private readonly doors: Doors
  private readonly elders: Elders
  private readonly control: Server
  private isRelieved = false
  private isEnding = false
  private handingOver: Promise<void> | undefined

  constructor(options: EdgeProcessOptions) {
    const { paths, say } = options
    this.options = options
    mkdirSync(paths.folder, { recursive: true })
    mkdirSync(paths.logs, { recursive: true })
    this.log = new AccessLog(paths.accessLog)
    const limits = readLimits(options.limits, { ...defaultLimits, connections: affordable() })
    this.plane = new Plane({ limits, log: this.log, idPrefix: randomBytes(5).toString('hex'), say })
    this.ports = new Ports(new SealedFile(paths.ports, 'ports'))
    this.doors = new Doors(this.plane, this.ports, options.home, say)
    this.tables = new AllTables({
      file: new SealedFile(paths.tables, 'tables'),
      plane: this.plane,
      ownPorts: () => this.doors.own,
      onLost: (error) => {
        say(`fatal: ${error instanceof Error ? error.message : String(error)}`)
        process.exit(AGAIN)
      },
    })
    this.elders = new Elders(paths)
    this.control = createControl(this.controls())
    onDial(this.control, (input) => this.dial(input))
    this.doors.onUnheld = () => {
      // A killed edge would lose this port for a moment: the next shell holds it as well.
      setTimeout(() => void this.handOver().catch((error: unknown) => this.plane.report(error)), 2_000).unref()
    }
  }

  get generation(): number {
    return this.tables.generation
  }

  async start(): Promise<void> {
    const socket = this.options.paths.controlOf(process.pid)
    await this.ports.load()
    await this.tables.load()
    for (const alert of [...this.ports.alerts, ...this.tables.alerts]) this.options.say(alert)
    await this.doors.open(this.options.sockets)
    rmSync(socket, { force: true })
    await new Promise<void>((resolve, reject) => {
      this.control.once('error', reject)
      this.control.listen(socket, () => resolve())
    })
    chmodSync(socket, 0o600)
    this.elders.forgetDead()
    // Its shell is gone: nobody holds the sockets but we, so another shell is needed before we die too.
    const shell = process.ppid
    setInterval(() => {
      if (process.ppid !== shell) void this.handOver().catch((error: unknown) => this.plane.report(error))
    }, SHELL_LOOK_MS).unref()
  }

  /** Tells the edge before us that it may go; what it wrote last is what we serve. */
  async relieve(pid: number): Promise<void> {
    await this.elders.askOne(pid, 'relieved', { pid: process.pid })
  }

  /** Ends the process with all that it has in hand, once the log is written. */
  async stop(): Promise<void> {
    if (this.isEnding) return
    this.isEnding = true
    this.doors.close()
    this.plane.isLeaving = true
    await this.elders.ask('stop', {}).catch((error: unknown) => this.plane.report(error))
    const deadline = performance.now() + STOP_MS
    while (this.plane.open > 0 && performance.now() < deadline) await pause(10)
    await this.end()
  }

  private async end(): Promise<void> {
    await this.log.close()
    rmSync(this.options.paths.controlOf(process.pid), { force: true })
    process.exit(0)
  }

  private handOver(): Promise<void> {
    this.handingOver ??= this.tryHandOver().finally(() => {
      this.handingOver = undefined
    })
    return this.handingOver
  }

  private async tryHandOver(): Promise<void> {
    if (this.isRelieved || this.isEnding) return
    const { home, paths } = this.options
    await this.tables.freeze()
    try {
      await this.doors.addSpares(SPARES)
      await startSuccessor(home, paths, this.doors.held, process.env, () => this.isRelieved)
    } catch (error) {
      this.tables.thaw()
      throw error
    }
  }

  /** The next edge serves: what is here ends by itself, and what still comes here is answered by the table of now. */
  private leave(): void {
    if (this.isRelieved) return
    this.isRelieved = true
    this.doors.close()
    this.plane.isLeaving = true
    let seen = this.tableTime()
    this.plane.beforeRequest = () => {
      const time = this.tableTime()
      if (time === seen) return
      seen = time
      this.tables.reloadNow()
    }
    const deadline = performance.now() + LEAVE_MS
    const timer = setInterval(() => {
      if (this.plane.open > 0 && performance.now() < deadline) return
      clearInterval(timer)
      void this.end()
    }, LEAVE_LOOK_MS)
  }

  private tableTime(): string {
    const info = statSync(this.options.paths.tables, { throwIfNoEntry: false, bigint: true })
    return info ? `${info.ino} ${info.mtimeNs}` : ''
  }

  private controls(): Parameters<typeof createControl>[0] {
    const { tables, doors, plane, elders } = this
    return {
      handshake: () => ({ service: 'landfall-edge', protocol: 1, pid: process.pid, ...this.options.about }),
      stats: () => this.stats(),
      routes: (i) => tables.routes(readScope(i.scope)),
      stage: (i) => tables.stage(readScope(i.scope), i.table),
      swap: (i) => tables.swap(readScope(i.scope), i.table, Number(i.epoch)),
      hold: (i) => tables.hold(readScope(i.scope), readTexts(i.components, 'components'), Number(i.seconds), Number(i.epoch)),
      endpoints: (i) =>
        tables.endpoints(
          readScope(i.scope),
          readText(i.component, 'component'),
          readText(i.release, 'release'),
          readTexts(i.endpoints, 'endpoints'),
        ),
      ask: (i) => this.ask(readScope(i.scope), i.request as unknown as EdgeRequest),
      'in-flight': async (i) => {
        const endpoint = readEndpoint(i.endpoint)
        const elder = i.own ? [] : await elders.ask<number>('in-flight', { endpoint, own: true })
        return elder.reduce((sum, count) => sum + count, plane.inFlight(endpoint))
      },
      cut: async (i) => {
        const endpoint = readEndpoint(i.endpoint)
        plane.cut(endpoint)
        if (!i.own) await elders.ask('cut', { endpoint, own: true })
      },
      url: (i) => this.url(readScope(i.scope), readText(i.host, 'host')),
      urls: (i) => this.urls(readScope(i.scope)),
      address: async (i) => ({
        host: '127.0.0.1',
        port: await doors.addressPort(scopeKey(readScope(i.scope)), readText(i.component, 'component')),
      }),
      'hand-over': () => this.handOver(),
      relieved: () => this.leave(),
      // Answered first: whoever asked is to hear that it was heard.
      stop: () => void setImmediate(() => void this.stop()),
    }
  }

  private async ask(scope: Scope, request: EdgeRequest): ReturnType<typeof ask> {
    const { door, hostHeader } = this.askDoor(scope, request.host, request.isStaged)
    return ask(this.plane, door, hostHeader, request)
  }

  /** Whoever asked speaks with the edge from now on as a stranger would. */
  private dial({ scope, host, isStaged }: Record<string, unknown>): (socket: Duplex) => void {
    const { door } = this.askDoor(readScope(scope), readText(host, 'host'), isStaged === true)
    return (socket) => void new Downstream(this.plane, socket, door, '127.0.0.1')
  }

  private askDoor(scope: Scope, host: string, isStaged: boolean): { door: Door; hostHeader: string } {
    const routing = isStaged ? this.tables.stagedRouting(scope) : undefined
    if (isStaged && !routing) {
      throw new LandfallError({ code: 'E_NOT_STAGED', message: `no table of ${scopeKey(scope)} is on trial` })
    }
    const port = this.ports.book.hosts[`${scopeKey(scope)} ${host}`]
    const isOwnPort = isLocal(scope) && port !== undefined
    const door = { type: 'ask', scope: scopeKey(scope), host, port: isOwnPort ? port : (this.doors.mainPort ?? 80) } as const
    return { door: routing ? { ...door, routing } : door, hostHeader: isOwnPort ? `localhost:${port}` : host }
  }

  private async url(scope: Scope, host: string): Promise<string> {
    if (isLocal(scope)) return `http://localhost:${await this.doors.hostPort(scopeKey(scope), host)}`
    const port = this.doors.mainPort ?? 80
    return port === 80 ? `http://${host}` : `http://${host}:${port}`
  }

  private async urls(scope: Scope): Promise<{ host: string; url: string }[]> {
    const hosts = [...new Set(this.tables.routes(scope).map((line) => line.host))]
    const found: { host: string; url: string }[] = []
    for (const host of hosts) found.push({ host, url: await this.url(scope, host) })
    return found
  }

  private stats(): EdgeStats {
    const { plane, doors, tables, ports } = this
    return {
      pid: process.pid,
      startedAt: this.options.about.startedAt,
      generation: tables.generation,
      requests: plane.requests,
      errors: plane.errors,
      open: plane.open,
      listeners: doors.used,
      alerts: [...ports.alerts, ...tables.alerts, ...doors.alerts],
    }
  }
}

/** Connections that the descriptors allow: each may need one towards an instance too. */
function affordable(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit ? Math.max(100, Math.floor((Number(limit) - RESERVED) / 2)) : defaultLimits.connections
  } catch {
    return defaultLimits.connections // No such file on this system.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
