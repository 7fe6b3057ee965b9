import type { MiddlewareHandler } from 'hono'
import { pathOf } from './context.ts'

/** Not for configuration: two servers should mean the same by slow. */
export const WARN_MS = 500
export const CRITICAL_MS = 2000

export interface Access {
  status: number
  ms: number
  method: string
  path: string
}
const LEVELS = { info: 20, warning: 30, critical: 50 } as const
export type Level = keyof typeof LEVELS
const COLORS: Record<Level, number> = { info: 36, warning: 33, critical: 31 }
const THRESHOLDS: Record<string, number> = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 }

export function levelOf({ status, ms }: Pick<Access, 'status' | 'ms'>): Level {
  if (status >= 500 || ms >= CRITICAL_MS) return 'critical'
  if (status >= 400 || ms >= WARN_MS) return 'warning'
  return 'info'
}

export function accessLine(access: Access, isColored: boolean): string {
  const level = levelOf(access)
  const line = `${level.padEnd(8)} ${access.status} ${access.ms} ${access.method} ${access.path}`
  return isColored ? `\x1b[${COLORS[level]}m${line}\x1b[0m` : line
}

/** Stands before everything else, so that it measures all of it. Queries stay out of the log: they may hold codes and keys. */
export function logAccess(options: { isColored: boolean; least: string; say?: (line: string) => void }): MiddlewareHandler {
  const { isColored, least, say = console.log } = options
  return async (c, next) => {
    const from = performance.now()
    await next()
    const access = { status: c.res.status, ms: Math.round(performance.now() - from), method: c.req.method, path: pathOf(c) }
    if (LEVELS[levelOf(access)] >= (THRESHOLDS[least] ?? 0)) say(accessLine(access, isColored))
  }
}
