import { allowOrigins } from '@flick/shared/allow-origins.ts'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { Busy, type Reader, Unreadable } from './reader.ts'

/** PNG, JPEG, WebP and BMP, by their first bytes. */
const isPicture = (bytes: Buffer) => /^(.PNG|\xff\xd8\xff|RIFF....WEBP|BM)/s.test(bytes.toString('latin1', 0, 16))

export interface Parts {
  reader: Reader
  origins: string[]
  /** Where the session is asked for: reading is work, and done for people who are signed in. */
  serverUri: string
}

export function createApp({ reader, origins, serverUri }: Parts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(allowOrigins(origins))
  app.get('/healthz', (_, response) => {
    response.json({ success: true, message: 'OCR is healthy', data: { status: 'ok', isReady: reader.isReady() } })
  })
  app.post('/api/v1/read', async (request, response, next) => {
    const state = await signedIn(serverUri, request.headers.cookie)
    if (state === 'yes') return next()
    const [status, code, message] =
      state === 'no'
        ? ([401, 'not_signed_in', 'Please sign in.'] as const)
        : ([503, 'unavailable', 'Please try again later.'] as const)
    response.status(status).json({ success: false, code, message })
  })
  app.post('/api/v1/read', express.raw({ type: 'image/*', limit: '5mb' }), async (request, response) => {
    const image: unknown = request.body
    if (!Buffer.isBuffer(image) || !isPicture(image)) throw new Unreadable('no picture')
    response.json({ success: true, message: 'Read', data: { text: await reader.read(image) } })
  })
  app.use((_, response) => {
    response.status(404).json({ success: false, code: 'not_found', message: 'There is nothing here.' })
  })
  app.use(answerFailure)
  return app
}

async function signedIn(serverUri: string, cookie = ''): Promise<'yes' | 'no' | 'unknown'> {
  try {
    const answer = await fetch(`${serverUri}/api/auth/get-session`, { headers: { cookie }, signal: AbortSignal.timeout(5_000) })
    if (!answer.ok) return 'unknown'
    return (await answer.json()) === null ? 'no' : 'yes'
  } catch (error) {
    console.error(`the server does not answer: ${error instanceof Error ? error.message : String(error)}`)
    return 'unknown'
  }
}

const answerFailure: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) return next(error)
  const say = (status: number, code: string, message: string) =>
    void response.status(status).json({ success: false, code, message })
  if (error instanceof Unreadable) return say(422, 'unreadable', 'This is no picture that can be read: PNG, JPEG, WebP or BMP.')
  if (error instanceof Busy) return say(503, 'busy', 'There is a queue of pictures. Please try again in a moment.')
  if (typeof error === 'object' && error !== null && 'status' in error && error.status === 413) {
    return say(413, 'too_large', 'A picture may have 5 MB.')
  }
  console.error(`${request.method} ${request.path}:`, error)
  say(500, 'internal', 'Something went wrong on our side.')
}
