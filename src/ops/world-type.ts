import type { OpAnswers, OpInput, OpName, StreamInput, StreamLines, StreamName } from './contract.ts'

/** Everything of one LANDFALL_HOME, open: what the daemon's socket shows to the world. */
export interface World {
  /** Input that the contract's schema has passed. Throws LandfallError. */
  call<N extends OpName>(name: N, input: OpInput<N>): Promise<OpAnswers[N]>
  /** Ends soon after `signal`. `stdin` is for `exec`. */
  stream<N extends StreamName>(name: N, input: StreamInput<N>, io: StreamIo): AsyncIterable<StreamLines[N]>
  /** After a start: open runs are resumed, undone or left waiting. Comes back before the runs that it resumed have ended. */
  recover(): Promise<void>
  /** Finishes or suspends the step under way; instances and edge go on. */
  close(): Promise<void>
}
export interface StreamIo {
  signal: AbortSignal
  stdin?: AsyncIterable<Uint8Array>
}
export interface WorldOptions {
  home: string
  version: string
  say(line: string): void
  /** The disk failed: the process must start anew from what is on it. */
  lost?(why: string): void
}
/** `openWorld` of `ops/all.ts`. */
export type OpenWorld = (options: WorldOptions) => Promise<World>
