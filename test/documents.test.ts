import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const documents = [
  ...globSync('*.md'),
  ...globSync('docs/**/*.md'),
  ...globSync('{examples,src}/*/*.md'),
  ...globSync('src/*/*/*.md'),
]

test('links between documents lead to files that are there', () => {
  const dead: string[] = []
  for (const document of documents) {
    const text = readFileSync(document, 'utf8').replace(/```[\s\S]*?```/g, '')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|mailto:|#)/.test(target)) continue
      if (!existsSync(join(dirname(document), target.replace(/#.*$/, '')))) dead.push(`${document}: ${target}`)
    }
  }
  expect(dead).toEqual([])
})

test('every decision stands in the list of decisions', () => {
  const list = readFileSync('docs/decisions/README.md', 'utf8')
  const missing = globSync('docs/decisions/*.md').filter(
    (file) => !file.endsWith('README.md') && !list.includes(`(${file.slice(15)})`),
  )
  expect(missing).toEqual([])
})

test('every npm script that a document names exists', () => {
  const scripts = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).scripts)
  const wrong: string[] = []
  for (const document of ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md')].filter(existsSync)) {
    for (const [, name = ''] of readFileSync(document, 'utf8').matchAll(/npm run ([\w:-]+)/g)) {
      if (!scripts.includes(name)) wrong.push(`${document}: npm run ${name}`)
    }
  }
  expect(wrong).toEqual([])
})
