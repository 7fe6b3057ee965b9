// http-proxy-3 as its manual shows it, with kept connections towards the instance.
import { Agent, createServer } from 'node:http'
import httpProxy from 'http-proxy-3'

const [, , port, target] = process.argv
const proxy = httpProxy.createProxyServer({ target, xfwd: true, agent: new Agent({ keepAlive: true, maxSockets: 128 }) })
proxy.on('error', (_, __, response) => response.destroy?.())
createServer((request, response) => proxy.web(request, response)).listen(Number(port), '127.0.0.1')
