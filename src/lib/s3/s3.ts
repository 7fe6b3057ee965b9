import { LandfallError } from '../error.ts'
import { ask, PATIENCE, type Question, refused, type S3Access, type S3Patience, textOf } from './ask.ts'

/** Smallest piece of an upload in pieces; they grow, since there may be 10,000 at most. */
const PIECE = 8 * 1024 * 1024

export interface S3Object {
  key: string
  bytes: number
}

/** What backups need of a bucket: whole objects in, streams out, lists, copies, and nothing left half done. */
export class S3 {
  private readonly to: S3Access
  private readonly signal: AbortSignal
  private readonly patience: S3Patience
  constructor(to: S3Access, signal: AbortSignal, patience: S3Patience = PATIENCE) {
    this.to = to
    this.signal = signal
    this.patience = patience
  }

  /** In one piece where it is small, else in several. Gone again where the source fails: an upload in pieces is aborted. */
  async put(key: string, source: AsyncIterable<Uint8Array>, headers: Record<string, string> = {}): Promise<number> {
    let waiting: Uint8Array[] = []
    let length = 0
    let bytes = 0
    let upload: string | undefined
    const tags: string[] = []
    const flush = async () => {
      const body = Buffer.concat(waiting, length)
      waiting = []
      length = 0
      upload ??= await this.begin(key, headers)
      const answer = await this.ok({
        method: 'PUT',
        key,
        query: [
          ['partNumber', String(tags.length + 1)],
          ['uploadId', upload],
        ],
        body,
      })
      answer.resume()
      tags.push(String(answer.headers.etag))
    }
    try {
      for await (const chunk of source) {
        waiting.push(chunk)
        length += chunk.length
        bytes += chunk.length
        if (length >= PIECE * (1 + Math.floor(tags.length / 1000))) await flush()
      }
      if (!upload) {
        const answer = await this.ok({ method: 'PUT', key, body: Buffer.concat(waiting, length), headers })
        answer.resume()
        return bytes
      }
      if (length > 0) await flush()
      await this.complete(key, upload, tags)
      return bytes
    } catch (error) {
      // Its pieces would be paid for, and seen by nobody.
      if (upload) await this.abort(key, upload).catch(() => {})
      throw error
    }
  }

  /** From its beginning to its end; where the connection breaks, from there on. */
  async *get(key: string): AsyncGenerator<Uint8Array> {
    let at = 0
    let tag: string | undefined
    for (let attempt = 1; ; attempt++) {
      const range: Record<string, string> = at === 0 ? {} : { range: `bytes=${at}-`, ...(tag && { 'if-match': tag }) }
      const answer = await ask(this.to, { method: 'GET', key, headers: range }, this.signal, this.patience)
      if (answer.statusCode === 416 && at > 0) {
        answer.resume()
        return
      }
      if (answer.statusCode === 404) {
        answer.resume()
        throw new LandfallError({ code: 'E_BACKUP_INVALID', at: `${this.to.bucket}/${key}`, message: 'the file is missing' })
      }
      if (answer.statusCode !== (at === 0 ? 200 : 206)) throw await refused(this.to, answer, key)
      tag ??= answer.headers.etag
      const wanted = Number(answer.headers['content-length'] ?? Number.NaN)
      let came = 0
      try {
        for await (const chunk of answer) {
          came += (chunk as Uint8Array).length
          at += (chunk as Uint8Array).length
          yield chunk as Uint8Array
        }
        if (Number.isNaN(wanted) || came === wanted) return
      } catch (error) {
        if (this.signal.aborted || attempt >= this.patience.attempts) throw error
      }
      if (attempt < this.patience.attempts) continue
      throw new LandfallError({
        code: 'E_S3',
        at: key,
        message: `the answer of ${this.to.endpoint} ended ${attempt} times before its end`,
      })
    }
  }

  /** Bytes and the stored headers; undefined where it is not there. */
  async head(key: string): Promise<{ bytes: number; headers: Record<string, string> } | undefined> {
    const answer = await ask(this.to, { method: 'HEAD', key }, this.signal, this.patience)
    answer.resume()
    if (answer.statusCode === 404) return undefined
    if (answer.statusCode !== 200) throw await refused(this.to, answer, key)
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(answer.headers)) {
      if (typeof value === 'string' && (KEPT.has(name) || name.startsWith('x-amz-meta-'))) headers[name] = value
    }
    return { bytes: Number(answer.headers['content-length']), headers }
  }

  /** Sorted by key. */
  async list(prefix: string): Promise<S3Object[]> {
    const found: S3Object[] = []
    let token: string | undefined
    do {
      const query: [string, string][] = [
        ['list-type', '2'],
        ['prefix', prefix],
      ]
      if (token) query.push(['continuation-token', token])
      const text = await textOf(await this.ok({ method: 'GET', query }))
      for (const [, entry = ''] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
        found.push({ key: tag(entry, 'Key') ?? '', bytes: Number(tag(entry, 'Size')) })
      }
      token = tag(text, 'IsTruncated') === 'true' ? tag(text, 'NextContinuationToken') : undefined
    } while (token)
    return found
  }

  async remove(key: string): Promise<void> {
    const answer = await ask(this.to, { method: 'DELETE', key }, this.signal, this.patience)
    if (answer.statusCode !== 204 && answer.statusCode !== 200 && answer.statusCode !== 404)
      throw await refused(this.to, answer, key)
    answer.resume()
  }

  /** Without its bytes passing through here. */
  async copy(from: string, to: string): Promise<void> {
    const source = `/${this.to.bucket}/${from.split('/').map(encodeURIComponent).join('/')}`
    const text = await textOf(await this.ok({ method: 'PUT', key: to, headers: { 'x-amz-copy-source': source } }))
    // S3 may answer 200 and then say that it failed.
    if (/<Error>/.test(text))
      throw new LandfallError({ code: 'E_S3', at: from, message: `could not copy: ${tag(text, 'Code') ?? 'error'}` })
  }

  /** Uploads that were begun and never ended, by somebody who died. */
  async abortUploads(prefix: string): Promise<void> {
    const answer = await ask(
      this.to,
      {
        method: 'GET',
        query: [
          ['uploads', ''],
          ['prefix', prefix],
        ],
      },
      this.signal,
      this.patience,
    )
    if (answer.statusCode !== 200) {
      answer.resume() // Stores without such a list clean up by themselves.
      return
    }
    const text = await textOf(answer)
    for (const [, entry = ''] of text.matchAll(/<Upload>([\s\S]*?)<\/Upload>/g)) {
      const key = tag(entry, 'Key')
      const upload = tag(entry, 'UploadId')
      if (key?.startsWith(prefix) && upload) await this.abort(key, upload)
    }
  }

  private async begin(key: string, headers: Record<string, string>): Promise<string> {
    const text = await textOf(await this.ok({ method: 'POST', key, query: [['uploads', '']], headers }))
    const upload = tag(text, 'UploadId')
    if (upload) return upload
    throw new LandfallError({ code: 'E_S3', at: key, message: `${this.to.endpoint} began no upload in pieces` })
  }

  private async complete(key: string, upload: string, tags: string[]): Promise<void> {
    const parts = tags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`)
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)
    const text = await textOf(await this.ok({ method: 'POST', key, query: [['uploadId', upload]], body }))
    if (/<Error>/.test(text))
      throw new LandfallError({ code: 'E_S3', at: key, message: `the upload was not put together: ${tag(text, 'Code')}` })
  }

  private async abort(key: string, upload: string): Promise<void> {
    // Also where the work was cancelled: what it began is to go.
    const answer = await ask(
      this.to,
      { method: 'DELETE', key, query: [['uploadId', upload]] },
      AbortSignal.timeout(30_000),
      this.patience,
    )
    answer.resume()
  }

  private async ok(question: Question) {
    const answer = await ask(this.to, question, this.signal, this.patience)
    if (answer.statusCode === 200) return answer
    throw await refused(this.to, answer, question.key)
  }
}

/** What is kept of an object beside its bytes. */
const KEPT = new Set(['content-type', 'cache-control', 'content-disposition', 'content-encoding', 'content-language'])
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function tag(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return text?.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (all, hex, decimal, word) =>
    hex
      ? String.fromCodePoint(Number.parseInt(hex, 16))
      : decimal
        ? String.fromCodePoint(Number(decimal))
        : (ENTITIES[word] ?? all),
  )
}
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
