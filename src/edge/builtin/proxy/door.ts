import type { Routing } from '../state/routing.ts'

/** Where connections come in: what a listener is for. */
export type Door =
  /** Hosts by the Host header. */
  | { type: 'main'; port: number }
  /** One host of an environment, whatever the Host header says. */
  | { type: 'host'; port: number; scope: string; host: string }
  /** A component, for the other components of its app. */
  | { type: 'address'; port: number; scope: string; component: string }
  /** Kept open for a host or a component to come. */
  | { type: 'spare'; port: number }
  /** A check of ours; `routing` where it is about a table on trial. */
  | { type: 'ask'; port: number; scope: string; host: string; routing?: Routing }
