import { readSync, writeFileSync, writeSync } from 'node:fs'
import { pgDump } from '@electric-sql/pglite-tools/pg_dump'
import { ServerEnd } from './server-end.ts'

// A process of its own: pg_dump waits for each answer, and here waiting stops nobody else. Its only argument says what to do; the
// server's bytes come and go by stdin and stdout.
interface Job {
  args: string[]
  /** What the server told at login. */
  parameters: Record<string, string>
  file: string
}

const job = JSON.parse(process.argv[2] ?? '') as Job // Written by `dumpSchema` alone.
const end = new ServerEnd(job.parameters, {
  send(bytes) {
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
  },
  receive() {
    const bytes = Buffer.allocUnsafe(65_536)
    const length = readSync(0, bytes, 0, bytes.length, null)
    if (length === 0) throw new Error('the server went away')
    return bytes.subarray(0, length)
  },
})
const pg = {
  query: async () => ({ rows: [{ search_path: 'public' }] }),
  exec: async () => [],
  execProtocolRawStream: (bytes: Uint8Array, { onRawData }: { onRawData(bytes: Uint8Array): void }) => end.talk(bytes, onRawData),
}
try {
  // The cast: of a whole PGlite it uses these three.
  const dumped = await pgDump({ pg: pg as unknown as Parameters<typeof pgDump>[0]['pg'], args: job.args })
  writeFileSync(job.file, await dumped.text(), { mode: 0o600 })
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
