// Stands for an app where there is no nginx to do it faster.
import { createServer } from 'node:http'

const small = 'hello world, this is a small answer\n'
const large = 'x'.repeat(100 * 1024)
createServer((request, response) => response.end(request.url === '/large' ? large : small)).listen(27001, '127.0.0.1')
