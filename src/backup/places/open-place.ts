import type { OpenPlace } from '../job.ts'
import { openFolder } from './folder.ts'
import type { Place } from './place.ts'
import { openS3 } from './s3.ts'

export function openPlace({ place, accessKey = '', secretKey = '' }: OpenPlace, signal: AbortSignal): Place {
  return place.type === 'folder' ? openFolder(place.path) : openS3({ ...place, accessKey, secretKey }, signal)
}
