import { failpoint } from '../lib/failpoint.ts'
import type { RunEvent } from '../model/event.ts'
import type { Store } from '../store/store.ts'

/** Lines that a dead daemon told and never wrote had numbers too; whoever heard them must not miss what has the same. */
const GAP = 1_000_000

type WithoutHead<T> = T extends unknown ? Omit<T, 'run' | 'seq' | 'at'> : never
export type EventBody = WithoutHead<RunEvent>

/** Lines of output kept per step; the whole is in the logs. */
const LINES_KEPT = 500

/** The journal of one run: what is appended is on the disk before the call returns, and then told to whoever watches. */
export class RunLog {
  private seq: number
  private pending: RunEvent[] = []
  private lines = 0
  private readonly watchers = new Set<(e: RunEvent) => void>()
  readonly run: string
  private readonly store: Store
  private readonly now: () => number

  constructor(run: string, store: Store, now: () => number) {
    this.run = run
    this.store = store
    this.now = now
    const last = store.runs.events(run, 0).at(-1)?.seq ?? 0
    this.seq = last === 0 ? 0 : last + GAP
  }

  append(body: EventBody): void {
    failpoint(`journal:${nameOf(body)}:before`)
    const event = this.stamp(body)
    const batch = [...this.pending, event]
    this.pending = []
    this.lines = 0
    this.store.runs.append(this.run, batch)
    failpoint(`journal:${nameOf(body)}:after`)
    this.tell(event)
  }

  /** Told at once, written with the next event: losing the last lines of output loses no fact. */
  line(stage: number, step: number, text: string): void {
    const event = this.stamp({ type: 'line', stage, step, text: text.slice(0, 4000) })
    this.lines += 1
    if (this.lines <= LINES_KEPT) this.pending.push(event)
    this.tell(event)
  }

  /** Everything after `after`, first what was, then what comes, until the end event. */
  async *watch(after: number, signal: AbortSignal): AsyncIterable<RunEvent> {
    const queue: RunEvent[] = [...this.store.runs.events(this.run, after), ...this.pending.filter((e) => e.seq > after)]
    let wake = () => {}
    const onEvent = (e: RunEvent) => {
      queue.push(e)
      wake()
    }
    const onAbort = () => wake()
    this.watchers.add(onEvent)
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        const event = queue.shift()
        if (!event) {
          await new Promise<void>((resolve) => {
            wake = resolve
            if (queue.length > 0 || signal.aborted) resolve()
          })
          continue
        }
        yield event
        // A run that waited for a decision may have gone on since: its last end counts.
        if (event.type === 'end' && queue.length === 0) return
      }
    } finally {
      this.watchers.delete(onEvent)
      signal.removeEventListener('abort', onAbort)
    }
  }

  private stamp(body: EventBody): RunEvent {
    this.seq += 1
    return { run: this.run, seq: this.seq, at: new Date(this.now()).toISOString(), ...body } as RunEvent
  }

  private tell(event: RunEvent): void {
    for (const watcher of this.watchers) watcher(event)
  }
}

function nameOf(body: EventBody): string {
  return body.type === 'step' ? `${body.isUndo ? 'undo-' : ''}${body.what}:${body.state}` : body.type
}
