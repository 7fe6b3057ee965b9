import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder, readMigrations } from '../../src/migrations.ts'

test('every file is in the journal, in the order of its dates', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  assert.deepEqual(
    readMigrations().map((one) => `${one.name}.sql`),
    files.sort(),
  )
})

test('a migration that is dated before the one it follows is refused: it would be skipped in silence', () => {
  const copy = mkdtempSync(join(tmpdir(), 'flick-'))
  try {
    cpSync(folder, copy, { recursive: true })
    const path = join(copy, 'meta/_journal.json')
    const journal = JSON.parse(readFileSync(path, 'utf8'))
    journal.entries[2].when = journal.entries[1].when - 1
    writeFileSync(path, JSON.stringify(journal))
    assert.throws(() => readMigrations(copy), /0002_hidden is dated before 0001_posts/)
  } finally {
    rmSync(copy, { recursive: true })
  }
})
