import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { AwsClient } from 'aws4fetch'
import type { Bucket } from './config.ts'

/** Where files are kept that requests bring or that the release collects. Keys are plain paths: letters, digits, `-_.` and `/`. */
export interface Store {
  put(key: string, body: Uint8Array, type: string): Promise<void>
  /** Undefined where there is none. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>
  remove(key: string): Promise<void>
  list(): Promise<string[]>
}
const KEY = /^(?!.*(^|\/)\.)[\w./-]+$/
export const isKey = (key: string) => KEY.test(key)

export function folderStore(folder: string): Store {
  return {
    async put(key, body) {
      const file = join(folder, key)
      await mkdir(dirname(file), { recursive: true })
      // Beside it and then over it: nobody reads half of a file.
      const beside = `${file}.${randomUUID()}`
      await writeFile(beside, body)
      await rename(beside, file)
    },
    async get(key) {
      try {
        return new Uint8Array(await readFile(join(folder, key)))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    remove: (key) => rm(join(folder, key), { force: true }),
    async list() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
        if (isMissing(error)) return []
        throw error
      })
      return entries.filter((e) => e.isFile()).map((e) => relative(folder, join(e.parentPath, e.name)))
    },
  }
}

/** A prefix of a bucket: `static/` or `media/`. */
export function bucketStore({ endpoint, name, accessKeyId, secretAccessKey }: Bucket, prefix: string): Store {
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto', retries: 2 })
  const base = `${endpoint.replace(/\/$/, '')}/${name}`
  const ask = async (url: string, init: RequestInit = {}): Promise<Response | undefined> => {
    const answer = await client.fetch(url, { ...init, signal: AbortSignal.timeout(30_000) })
    if (answer.ok) return answer
    if (answer.status === 404) return undefined
    throw new Error(`the bucket answered ${answer.status}`)
  }
  const urlOf = (key: string) => `${base}/${prefix}${key}`
  return {
    async put(key, body, type) {
      const put = await ask(urlOf(key), { method: 'PUT', body: new Uint8Array(body), headers: { 'content-type': type } })
      if (!put) throw new Error('there is no such bucket')
    },
    async get(key) {
      const answer = await ask(urlOf(key))
      return answer && new Uint8Array(await answer.arrayBuffer())
    },
    async remove(key) {
      await ask(urlOf(key), { method: 'DELETE' })
    },
    async list() {
      const keys: string[] = []
      for (let token = ''; ; ) {
        const query = new URLSearchParams({ 'list-type': '2', prefix, ...(token && { 'continuation-token': token }) })
        const xml = (await (await ask(`${base}?${query}`))?.text()) ?? ''
        for (const [, key = ''] of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) keys.push(key.slice(prefix.length))
        token = /<NextContinuationToken>([^<]*)</.exec(xml)?.[1] ?? ''
        if (!token) return keys
      }
    },
  }
}

export interface Stores {
  static: Store
  media: Store
}
export function openStores(config: { bucket?: Bucket; staticRoot: string; mediaRoot: string }): Stores {
  const { bucket, staticRoot, mediaRoot } = config
  if (!bucket) return { static: folderStore(staticRoot), media: folderStore(mediaRoot) }
  return { static: bucketStore(bucket, 'static/'), media: bucketStore(bucket, 'media/') }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR')
}
