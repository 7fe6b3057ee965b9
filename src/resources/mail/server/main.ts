import { runProgram } from '../../../lib/own-server/run-program.ts'
import { KIND, VERSION } from '../mailbox-format.ts'
import { startMailServer } from './mail-server.ts'

await runProgram(KIND, VERSION, async ({ port, folder, secret }) => {
  const { stop } = await startMailServer({ folder, port, password: secret, say: (line) => console.log(line) })
  return stop
})
