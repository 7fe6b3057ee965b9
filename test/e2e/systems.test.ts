import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { findProgram, needs } from '../capabilities.ts'
import { copyExample, Machine } from './helpers.ts'

// Two Python components with one file between them: what must not overlap is replaced while requests wait.
needs('python', 'chromium').test(
  'All You Can Get is used by a person, and its backend is replaced without a failed request',
  async () => {
    const machine = await Machine.make()
    try {
      const folder = copyExample('allucanget', machine)
      await machine.must(['up', '--yes'], { cwd: folder })
      const url = await machine.url()
      const { chromium } = await import('playwright-core')
      const { journey } = await import('../journeys/allucanget.ts')
      const browser = await chromium.launch({
        executablePath: findProgram('chromium', 'google-chrome') ?? '',
        args: ['--no-sandbox'],
      })
      try {
        const { email, password } = await journey(url, await browser.newPage())
        writeFileSync(join(folder, 'backend/changed.txt'), 'another source, another release\n')
        const statuses: number[] = []
        let isOver = false
        const asking = (async () => {
          while (!isOver) statuses.push((await fetch(`${url}/health`)).status)
        })()
        const release = await machine.up(folder)
        isOver = true
        await asking
        expect(release.end).toMatchObject({ state: 'done', serving: 'r2' })
        expect(new Set(statuses)).toEqual(new Set([200]))
        const app = await machine.app()
        expect(app.components.map((c) => [c.name, c.release])).toEqual([
          ['backend', 'r2'],
          ['frontend', 'r1'],
        ])
        const page = await browser.newPage()
        await page.goto(`${url}/login`)
        await page.getByLabel('E-mail address').fill(email)
        await page.getByLabel('Password').fill(password)
        await page.getByRole('button', { name: 'Log in' }).click()
        await page.getByRole('button', { name: 'Log out' }).waitFor()
      } finally {
        await browser.close()
      }
    } finally {
      await machine.close()
    }
  },
)
