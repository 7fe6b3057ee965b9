import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { greet } from '@hello/shared'

const here = new URL('./', import.meta.url)
rmSync(new URL('dist', here), { recursive: true, force: true })
cpSync(new URL('src', here), new URL('dist', here), { recursive: true })
const page = new URL('dist/index.html', here)
writeFileSync(page, readFileSync(page, 'utf8').replace('{{greeting}}', greet('monorepo')))
