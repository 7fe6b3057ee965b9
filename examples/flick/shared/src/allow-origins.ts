import type { RequestHandler } from 'express'

/** The pages that ask have other origins than the service, and send its cookies. What another site asks for is refused. */
export function allowOrigins(origins: string[]): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers
    response.vary('origin')
    if (origin !== undefined && origins.includes(origin)) {
      response.set('access-control-allow-origin', origin).set('access-control-allow-credentials', 'true')
    } else if (origin !== undefined && request.method !== 'GET' && request.method !== 'HEAD') {
      response.status(403).json({ success: false, code: 'foreign_origin', message: 'This request came from another site.' })
      return
    }
    if (request.method !== 'OPTIONS') return next()
    response.set('access-control-allow-methods', 'GET, POST, PATCH').set('access-control-allow-headers', 'content-type')
    response.set('access-control-max-age', '600').status(204).end()
  }
}
