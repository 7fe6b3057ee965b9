import { runProgram } from '../../../lib/own-server/run-program.ts'
import { startS3Server } from './s3-server.ts'

await runProgram('bucket', 1, async ({ port, folder, secret }) => {
  const { BUCKET_NAME: name = '', BUCKET_ACCESS_KEY: accessKey = '', BUCKET_REGION: region = '', BUCKET_LIFETIMES } = process.env
  const credentials = { accessKey, secretKey: secret }
  const lifetimes = BUCKET_LIFETIMES ? JSON.parse(BUCKET_LIFETIMES) : []
  const say = (line: string) => console.log(line)
  const { stop } = await startS3Server({ folder, port, name, region, credentials, lifetimes, say })
  return stop
})
