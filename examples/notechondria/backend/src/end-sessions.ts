import { readConfig } from './config.ts'
import { openDatabase } from './database.ts'
import { endAllSessions } from './sessions.ts'
import { toEnd } from './to-end.ts'

await toEnd('end-sessions', async () => {
  const database = openDatabase(readConfig(process.env).databaseUrl)
  try {
    console.log(`${await endAllSessions(database)} sessions ended`)
  } finally {
    await database.end()
  }
})
