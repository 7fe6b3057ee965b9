import { shapeOf } from '../../lib/error.ts'
import type { Job, JobLine } from '../job.ts'
import { doJob } from './do-job.ts'

// One job, then the end. In a process of its own: gigabytes pass through here, and a daemon that lives for months keeps nothing of it.
const tell = (line: JobLine) => process.stdout.write(`${JSON.stringify(line)}\n`)
const abort = new AbortController()
process.on('SIGTERM', () => abort.abort(new Error('cancelled')))
// Whoever asked has died: nobody waits for the end of it.
process.stdout.on('error', () => process.exit(1))

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const job = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Job // Written by `runJob` alone.
try {
  const answer = await doJob(job, {
    signal: abort.signal,
    say: (line) => tell({ type: 'say', line }),
    find: (finding) => tell({ type: 'find', finding }),
  })
  tell({ type: 'done', answer })
} catch (error) {
  tell({ type: 'error', error: shapeOf(error) })
}
process.stdout.end(() => process.exit(0))
