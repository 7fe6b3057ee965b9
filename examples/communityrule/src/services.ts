import type { Assets } from './assets.ts'
import type { Config } from './config.ts'
import type { Database } from './database.ts'
import type { Limits } from './limits.ts'
import type { Mail } from './mail.ts'
import type { Sessions } from './sessions.ts'
import type { DraftCookie } from './visitor.ts'

/** What answering takes; made once, in `server.ts`. */
export interface Services {
  config: Config
  database?: Database
  assets: Assets
  draftCookie: DraftCookie
  sessions: Sessions
  mail: Mail
  limits: Limits
}
