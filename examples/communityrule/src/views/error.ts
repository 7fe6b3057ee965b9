import { html } from 'hono/html'
import type { Failure } from '../failure.ts'
import type { Services } from '../services.ts'
import { layout, type Markup } from './layout.ts'
import { glyph } from './parts.ts'

export function errorPage(services: Services, failure: Failure): Markup {
  const title = failure.status === 404 ? 'Not here' : failure.status === 503 ? 'One moment' : 'That did not work'
  return layout(services, {
    title,
    main: html`<section class="wrap alone">${glyph(services.assets, null)}<h1>${title}</h1><p class="lead">${failure.message}</p>
<p class="actions"><a class="button" href="/">To the start</a></p></section>`,
  })
}
