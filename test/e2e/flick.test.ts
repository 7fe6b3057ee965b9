import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { findProgram, needs } from '../capabilities.ts'
import { copyExample, Machine } from './helpers.ts'

// A workspace with five components, PostgreSQL and Redis: two servers that share events, and sites that know the API's address.
needs('postgres', 'redis', 'npm', 'chromium').test(
  'Flick is used by people and a moderator, and its two servers are released anew without a failed request',
  async () => {
    const machine = await Machine.make()
    try {
      const folder = copyExample('flick', machine)
      const password = 'a password for the moderator'
      await machine.must(['env', 'set', 'RATE_LIMIT=0', `ADMIN_PASSWORD=${password}`], { cwd: folder })
      await machine.must(['up', '--yes'], { cwd: folder })
      await machine.must(['run', 'server.seed', '--yes'], { cwd: folder })
      const { urls } = await machine.app()
      const urlOf = (name: string) => urls.find(({ host }) => host === `${name}flick.example.localhost`)?.url ?? ''

      const { chromium } = await import('playwright-core')
      const { journey } = await import('../journeys/flick.ts')
      const executablePath = findProgram('chromium', 'google-chrome') ?? ''
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
      try {
        const moderator = { url: urlOf('admin.'), email: 'admin@flick.example', password }
        await journey(urlOf(''), await browser.newPage(), moderator)
        appendFileSync(join(folder, 'server/src/app.ts'), '// another source, another release\n')
        const answers: string[] = []
        let isOver = false
        const asking = ['/api/v1/posts', '/readyz'].map(async (path) => {
          while (!isOver) {
            const answer = await fetch(`${urlOf('api.')}${path}`)
            answers.push(`${path} ${answer.status}`)
          }
        })
        const release = await machine.up(folder)
        isOver = true
        await Promise.all(asking)
        expect(release.end).toMatchObject({ state: 'done', serving: 'r2' })
        expect([...new Set(answers)].sort()).toEqual(['/api/v1/posts 200', '/readyz 200'])
        const { components } = await machine.app()
        const fresh = components.filter(({ release }) => release === 'r2').map(({ name }) => name)
        expect(fresh).toEqual(['server'])
        await journey(urlOf(''), await browser.newPage(), moderator)
      } finally {
        await browser.close()
      }
    } finally {
      await machine.close()
    }
  },
)
