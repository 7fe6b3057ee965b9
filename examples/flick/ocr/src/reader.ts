import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createWorker, OEM, type Worker } from 'tesseract.js'

/** The small model: it comes with a package, so that nothing is fetched at run time. */
const data = dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json'))
const MOST_WAITING = 8

export class Busy extends Error {}
export class Unreadable extends Error {}

export interface Reader {
  read(image: Buffer): Promise<string>
  isReady(): boolean
  close(): Promise<void>
}

/** One picture at a time. A worker that one picture broke, or kept busy for too long, is replaced before the next. */
export async function openReader(timeoutMs = 30_000): Promise<Reader> {
  let worker: Worker | undefined = await startWorker()
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  async function readNow(image: Buffer): Promise<string> {
    worker ??= await startWorker()
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('it took too long')), timeoutMs)
      })
      const { data } = await Promise.race([worker.recognize(image), late])
      return data.text.trim()
    } catch (error) {
      const broken = worker
      worker = undefined
      await broken.terminate()
      throw new Unreadable('no picture that can be read', { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    async read(image) {
      if (waiting >= MOST_WAITING) throw new Busy('too many pictures at once')
      waiting += 1
      const mine = last.then(() => readNow(image))
      last = mine.catch(() => {}) // Whoever asked hears of it; the next one goes on.
      try {
        return await mine
      } finally {
        waiting -= 1
      }
    },
    isReady: () => waiting < MOST_WAITING,
    async close() {
      await last
      await worker?.terminate()
    },
  }
}

function startWorker(): Promise<Worker> {
  return createWorker('eng', OEM.LSTM_ONLY, {
    langPath: join(data, '4.0.0_best_int'),
    cacheMethod: 'none',
    // Otherwise it throws where nobody can catch it.
    errorHandler: (error) => console.error(`reader: ${String(error)}`),
  })
}
