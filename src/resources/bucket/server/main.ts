import { runProgram } from '../../../lib/own-server/run-program.ts'
import { startS3Server } from './s3-server.ts'

await runProgram('bucket', 1, async ({ port, folder, secret }) => {
  const { BUCKET_NAME: name = '', BUCKET_ACCESS_KEY: accessKey = '', BUCKET_REGION: region = '' } = process.env
  const credentials = { accessKey, secretKey: secret }
  const { stop } = await startS3Server({ folder, port, name, region, credentials, say: (line) => console.log(line) })
  return stop
})
