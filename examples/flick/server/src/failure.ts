import type { ErrorRequestHandler, RequestHandler } from 'express'

/** An answer other than the wanted one. `code` is for programs, `message` for people. */
export class Failure extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export const nothingHere: RequestHandler = () => {
  throw new Failure(404, 'not_found', 'There is nothing here.')
}

export const answerFailure: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) return next(error)
  const known = failureOf(error)
  const failure = known ?? new Failure(500, 'internal', 'Something went wrong on our side.')
  if (failure.status >= 500) console.error(`${request.method} ${request.path}:`, known ? failure.message : error)
  response.status(failure.status).json({ success: false, code: failure.code, message: failure.message })
}

function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error
  if (typeof error !== 'object' || error === null) return undefined
  // Express's own: a body that is no JSON, or too much of it.
  if ('status' in error && typeof error.status === 'number' && error.status < 500) {
    return new Failure(error.status, 'bad_request', 'This request could not be read.')
  }
  // Drizzle wraps what the database said.
  const cause = 'cause' in error && error.cause ? error.cause : error
  const code = typeof cause === 'object' && 'code' in cause ? String(cause.code) : ''
  if (code === '42P01' || code === '42703') {
    return new Failure(503, 'database_outdated', 'The database has not been migrated yet.')
  }
  if (/^(08|57P|53)|^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_)/.test(code)) {
    return new Failure(503, 'database_unavailable', 'The database does not answer right now.')
  }
  return undefined
}
