import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readAnswers } from '../../src/facets.ts'
import { readMigrations } from '../../src/migrations.ts'
import { root } from '../../src/root.ts'
import { readSeed } from '../../src/seeding.ts'
import { isRecommended, rankTemplates } from '../../src/templates.ts'

const seed = readSeed(new URL('seed-data/templates.json', root))
const templates = seed.map(({ slug, title, summary, sections, facets }) => ({
  slug,
  title,
  summary,
  sections,
  facets: Object.entries(facets).flatMap(([facet, values]) => values.map((value) => `${facet}:${value}`)),
}))

test('the seed has thirteen templates, each with an address of its own and a diagram', () => {
  assert.equal(new Set(seed.map(({ slug }) => slug)).size, 13)
  const glyphs = readFileSync(new URL('public/glyphs.svg', root), 'utf8')
  for (const { slug } of seed) assert.ok(glyphs.includes(`id="${slug}"`), `a diagram for ${slug}`)
})

test('answers that nobody knows are left out', () => {
  const answers = readAnswers(new URLSearchParams('facet.size=few&facet.scale=moon&facet.mood=fine&facet.orgType=toString'))
  assert.deepEqual(answers, { size: 'few' })
})

test('the best match comes first, and without answers the order is the seed’s', () => {
  const answers = { size: 'few', orgType: 'openSource', maturity: 'starting' } as const
  const ranked = rankTemplates(templates, answers)
  assert.equal(ranked[0]?.matches.score, 3)
  assert.ok(ranked.every((each, at) => at === 0 || each.matches.score <= ranked[at - 1]!.matches.score))
  assert.deepEqual(
    rankTemplates(templates, {}).map(({ slug }) => slug),
    seed.map(({ slug }) => slug),
  )
})

test('what is recommended fits every answer, or all but one of many', () => {
  const one = rankTemplates(templates, { size: 'few' }).filter((each) => isRecommended(each, { size: 'few' }))
  assert.ok(one.length > 0 && one.every(({ facets }) => facets.includes('size:few')))
  assert.ok(!rankTemplates(templates, {}).some((each) => isRecommended(each, {})))
  const all = { size: 'open', orgType: 'cooperative', scale: 'global', maturity: 'settled' }
  for (const each of rankTemplates(templates, all)) assert.equal(isRecommended(each, all), each.matches.score >= 3)
})

test('migrations are numbered without gaps', () => {
  assert.equal(readMigrations(new URL('migrations/', root))[0]?.version, '0001_rules')
  assert.throws(() => readMigrations(new URL('test/unit/gap/', root)), /0002_late\.sql: .*expected 0001_/)
})
