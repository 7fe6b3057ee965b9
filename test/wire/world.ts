import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LandfallError } from '../../src/lib/error.ts'
import type { ErrorShape } from '../../src/model/event.ts'
import type { StreamIo, World, WorldOptions } from '../../src/ops/world-type.ts'

/** What the ops behind the socket shall answer; tests of the wire and of the CLI write it to `<home>/scenario.json`. */
export interface Scenario {
  ops?: Record<string, { answer?: unknown; error?: ErrorShape; takesMs?: number }>
  streams?: Record<string, { lines?: unknown[]; error?: ErrorShape; pauseMs?: number; isEndless?: boolean; echoes?: boolean }>
  recoverMs?: number
  closeMs?: number
  openError?: string
}

/** A world without ops: it says what it was told to, and writes down what it was asked (`<home>/calls.ndjson`). */
export async function openScriptedWorld({ home, version, say }: WorldOptions): Promise<World> {
  const startedAt = new Date().toISOString()
  const scenario = (): Scenario => {
    try {
      return JSON.parse(readFileSync(join(home, 'scenario.json'), 'utf8'))
    } catch {
      return {}
    }
  }
  const note = (what: unknown) => appendFileSync(join(home, 'calls.ndjson'), `${JSON.stringify(what)}\n`)
  const { openError } = scenario()
  if (openError) throw new Error(openError)
  const world = {
    async call(name: string, input: unknown): Promise<unknown> {
      if (name === 'handshake') {
        return { service: 'landfall', api_version: 1, version, pid: process.pid, home, startedAt, capabilities: [] }
      }
      note({ name, input })
      const { answer, error, takesMs } = scenario().ops?.[name] ?? {}
      if (takesMs) await sleep(takesMs)
      if (error?.code === 'THROW') {
        setImmediate(() => {
          throw new Error(error.message)
        })
      } else if (error) throw new LandfallError(error)
      return answer ?? (name === 'stop' ? { stopped: ['daemon'] } : {})
    },
    async *stream(name: string, input: unknown, { signal, stdin }: StreamIo): AsyncGenerator<unknown> {
      note({ name, input })
      const { lines = [], error, pauseMs, isEndless, echoes } = scenario().streams?.[name] ?? {}
      const after = (input as { after?: number }).after ?? -1
      for (const line of lines) {
        if (signal.aborted) return
        if (((line as { seq?: number }).seq ?? Number.POSITIVE_INFINITY) <= after) continue
        yield line
        if (pauseMs) await sleep(pauseMs, undefined, { signal }).catch(() => {})
      }
      if (echoes) {
        for await (const chunk of stdin ?? []) yield { type: 'stdout', base64: Buffer.from(chunk).toString('base64') }
        yield { type: 'exit', code: 7 }
      }
      if (error) throw new LandfallError(error)
      for (let i = 0; isEndless && !signal.aborted; i += 1) {
        yield { at: new Date().toISOString(), component: 'web', release: 'r1', instance: 0, text: `line ${i} ${'x'.repeat(500)}` }
        if (i % 100 === 99) note({ name, sent: i + 1 })
        await sleep(0)
      }
      note({ name, ended: true })
    },
    async recover(): Promise<void> {
      await sleep(scenario().recoverMs ?? 0)
      say('recovered')
    },
    async close(): Promise<void> {
      await sleep(scenario().closeMs ?? 0)
      note({ name: 'close' })
    },
  }
  return world as World // Answers are whatever the scenario holds.
}
