import type { Resource } from '../model/app.ts'
import type { Scope } from '../model/plan.ts'
import type { Edge } from '../model/plug.ts'

/** What checks ask; whoever runs them brings it along. */
export interface CheckDeps {
  edge: Pick<Edge, 'ask' | 'dial' | 'url'>
  /** Undefined where the resource hands mail on to a relay. */
  mailbox(scope: Scope, resource: Resource): Mailbox | undefined
  /** Address of a database, with the least rights that there is one for. */
  database(scope: Scope, resource: Resource, release: string): Promise<string>
  /** Who signed a manual check for a release. */
  signature(scope: Scope, check: string, release: string): Signature | undefined
}
export interface Signature {
  by: string
  /** Milliseconds since the epoch. */
  at: number
}
/** A captured mailbox: messages count from 1. */
export interface Mailbox {
  list(query: { limit?: number; to?: string; after?: number }): Promise<{ id: number; subject: string }[]>
  show(id: number): Promise<CapturedMail>
}
export interface CapturedMail {
  id: number
  subject: string
  text: string
  html: string
  links: string[]
}
