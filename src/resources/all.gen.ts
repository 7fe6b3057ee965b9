// Written by `npm run gen`: one line for every folder here.
import type { ResourceType } from '../model/plug.ts'
import bucketPlug from './bucket/index.ts'
import mailPlug from './mail/index.ts'
import postgresPlug from './postgres/index.ts'
import redisPlug from './redis/index.ts'
import volumePlug from './volume/index.ts'

export const resourceTypes: Record<string, ResourceType> = {
  'bucket': bucketPlug,
  'mail': mailPlug,
  'postgres': postgresPlug,
  'redis': redisPlug,
  'volume': volumePlug,
}
