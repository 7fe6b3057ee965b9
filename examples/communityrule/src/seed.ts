import { pathToFileURL } from 'node:url'
import { readConfig } from './config.ts'
import { openDatabase } from './database.ts'
import { root } from './root.ts'
import { readSeed, writeSeed } from './seeding.ts'

// node seed.js: fills the templates. By hand, once per environment and whenever the seed changed; repeating it changes nothing.
const folder = process.env.SEED_DATA_DIR ? pathToFileURL(`${process.env.SEED_DATA_DIR}/`) : new URL('seed-data/', root)
try {
  const { databaseUrl } = readConfig(process.env)
  if (!databaseUrl) throw new Error('CLOUDRON_POSTGRESQL_URL is not set')
  const templates = readSeed(new URL('templates.json', folder))
  const database = openDatabase(databaseUrl)
  try {
    const counts = await writeSeed(database, templates)
    console.log(`${counts.templates} templates, ${counts.facets} facet rows`)
  } finally {
    await database.end()
  }
} catch (error) {
  console.error(`seed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
