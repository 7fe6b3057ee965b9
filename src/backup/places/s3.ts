import { LandfallError } from '../../lib/error.ts'
import type { S3Access } from '../../lib/s3/ask.ts'
import { S3 } from '../../lib/s3/s3.ts'
import type { Place } from './place.ts'

/** A bucket of somebody else's. An object is there when all of it is, and its size is asked for before it counts. */
export function openS3({ prefix, ...to }: S3Access & { prefix: string }, signal: AbortSignal): Place {
  const s3 = new S3(to, signal)
  return {
    title: `s3://${to.bucket}/${prefix}`.replace(/\/$/, ''),
    async write(path, from) {
      const key = prefix + path
      const sent = await s3.put(key, from)
      const found = await s3.head(key)
      if (found?.bytes === sent) return sent
      throw new LandfallError({
        code: 'E_BACKUP',
        at: key,
        message: `${found ? `${found.bytes} bytes lie there` : 'nothing lies there'} in place of ${sent}`,
      })
    },
    read: (path) => s3.get(prefix + path),
    async list(under) {
      const found = await s3.list(prefix + under)
      return found.map(({ key, bytes }) => ({ path: key.slice(prefix.length), bytes }))
    },
    async remove(folder) {
      await s3.abortUploads(`${prefix}${folder}/`)
      for (const { key } of await s3.list(`${prefix}${folder}/`)) await s3.remove(key)
    },
  }
}
