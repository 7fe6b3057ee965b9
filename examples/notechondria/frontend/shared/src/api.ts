import { apiAddress } from './address.ts'

/** `message` is for people. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const KEY = 'notechondria.token'
export const token = {
  get: () => (typeof localStorage === 'undefined' ? null : localStorage.getItem(KEY)),
  set: (value: string) => localStorage.setItem(KEY, value),
  forget: () => localStorage.removeItem(KEY),
}

/** The JSON of an answer; undefined where there is none. Throws ApiError. */
export async function call<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  const isForm = body instanceof FormData
  const key = token.get()
  const headers: Record<string, string> = {}
  if (key) headers.authorization = `Token ${key}`
  if (body !== undefined && !isForm) headers['content-type'] = 'application/json'
  const answer = await fetch(apiAddress() + path, {
    method,
    headers,
    body: isForm ? body : body === undefined ? null : JSON.stringify(body),
  }).catch(() => {
    throw new ApiError(0, 'unreachable', 'The server does not answer. Are you connected?')
  })
  const json: unknown = answer.status === 204 ? undefined : await answer.json().catch(() => undefined)
  if (answer.ok) return json as T // What the backend promises for this path.
  const { code = 'unknown', detail = `The server answered ${answer.status}.` } = (json ?? {}) as {
    code?: string
    detail?: string
  }
  if (answer.status === 401) token.forget()
  throw new ApiError(answer.status, code, detail)
}
/** A path such as `/media/…`, which lies beside the API. */
export const besideApi = (path: string) => new URL(path, apiAddress()).href
