import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { createServer } from 'vite'

/** The first page of an app, as HTML: all its modules are loaded for it. */
export async function renderApp(test: string, variables: Record<string, string> = {}): Promise<string> {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  const vite = await createServer({
    root: fileURLToPath(new URL('..', test)),
    cacheDir: join(tmpdir(), `notechondria-vite-${process.pid}`),
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    appType: 'custom',
    logLevel: 'error',
  })
  try {
    const { App } = await vite.ssrLoadModule('/src/app.tsx')
    return renderToString(createElement(App))
  } finally {
    await vite.close()
    process.env = before
  }
}
