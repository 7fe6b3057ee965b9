import { type Accounts, createAccounts } from './accounts.ts'
import { type Attachments, createAttachments } from './attachments.ts'
import { type Blocks, createBlocks } from './blocks.ts'
import type { Config } from './config.ts'
import { type Courses, createCourses } from './courses.ts'
import type { Database } from './database.ts'
import { createNotes, type Notes } from './notes.ts'
import { createOAuth, type OAuth } from './oauth.ts'
import { createPlanner, type Planner } from './planner.ts'
import { createPost } from './post.ts'
import { openStores, type Stores } from './store.ts'

/** What answering takes; made once. The REST API, the assistant's tools and the admin pages all stand on it. */
export interface Services {
  config: Config
  database: Database
  stores: Stores
  accounts: Accounts
  oauth: OAuth
  courses: Courses
  notes: Notes
  blocks: Blocks
  attachments: Attachments
  planner: Planner
}

export function createServices(config: Config, database: Database): Services {
  const stores = openStores(config)
  const notes = createNotes(database)
  const { domain } = config.bucket ?? {}
  const urlOf = (key: string) => (domain ? `https://${domain}/media/${key}` : `/media/${key}`)
  return {
    config,
    database,
    stores,
    accounts: createAccounts(database, createPost(config.mailing), config),
    oauth: createOAuth(database, config),
    courses: createCourses(database),
    notes,
    blocks: createBlocks(database),
    attachments: createAttachments(database, notes, stores.media, urlOf),
    planner: createPlanner(database, config.allowsPrivateFeeds),
  }
}
