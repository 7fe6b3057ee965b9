import { Hono } from 'hono'
import { z } from 'zod'
import type { Env } from '../context.ts'
import { failureOf } from '../failure.ts'
import type { Services } from '../services.ts'
import type { User } from '../sessions.ts'
import { createTools, type Tool } from './tools.ts'

// The Model Context Protocol over plain HTTP, without streams: every answer is one JSON document. By hand, since the answers to
// what is wrong (405, 415, 400) are part of what the original promises.

const PROTOCOL = '2025-03-26'
const PARSE_ERROR = -32700
const INVALID_REQUEST = -32600
const METHOD_NOT_FOUND = -32601
const INVALID_PARAMS = -32602

const id = z.union([z.string(), z.number()])
const message = z.object({
  jsonrpc: z.literal('2.0'),
  id: id.optional(),
  method: z.string(),
  params: z.record(z.string(), z.unknown()).optional(),
})
const call = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) })
type Answer = { jsonrpc: '2.0'; id: string | number | null } & (
  | { result: unknown }
  | { error: { code: number; message: string } }
)

const wrong = (code: number, text: string, of: string | number | null = null): Answer => {
  return { jsonrpc: '2.0', id: of, error: { code, message: text } }
}

export function createMcp(services: Services): Hono<Env> {
  const tools = new Map(createTools(services).map((tool) => [tool.name, tool]))
  const api = new Hono<Env>({ strict: false })

  api.use(async (c, next) => {
    await next()
    const session = c.req.header('mcp-session-id')
    if (session && /^[\x21-\x7e]{1,200}$/.test(session)) c.res.headers.set('mcp-session-id', session)
  })
  // There is no stream to open, and no session to keep.
  api.get('/', (c) => c.json(wrong(INVALID_REQUEST, 'send requests with POST'), 405, { allow: 'POST, DELETE' }))
  api.delete('/', (c) => c.json({ ok: true }))
  api.post('/', async (c) => {
    const user = c.get('user')
    // Sessions are for people: an assistant has the key that it was given.
    if (!user || c.get('sessionId') !== undefined) {
      return c.json(wrong(INVALID_REQUEST, 'an API key is needed: Authorization: Bearer ntc_…'), 401, {
        'www-authenticate': 'Bearer',
      })
    }
    if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
      return c.json(wrong(INVALID_REQUEST, 'the content type is application/json'), 415)
    }
    const body: unknown = await c.req.json().catch(() => undefined)
    if (typeof body !== 'object' || body === null) return c.json(wrong(PARSE_ERROR, 'this is no JSON-RPC message'), 400)
    if (!Array.isArray(body)) {
      const said = await answer(tools, services.config.version, user, body)
      return said ? c.json(said) : c.body(null, 202)
    }
    if (body.length === 0 || body.length > 50) return c.json(wrong(INVALID_REQUEST, 'between 1 and 50 messages at once'), 400)
    const all: Answer[] = []
    for (const one of body) {
      const said = await answer(tools, services.config.version, user, one)
      if (said) all.push(said)
    }
    return all.length > 0 ? c.json(all) : c.body(null, 202)
  })
  return api
}

/** Nothing for notifications, which have no id. */
async function answer(tools: Map<string, Tool>, version: string, user: User, body: unknown): Promise<Answer | undefined> {
  const read = message.safeParse(body)
  if (!read.success) return wrong(INVALID_REQUEST, 'this is no request of JSON-RPC 2.0')
  const { id: of, method, params } = read.data
  if (of === undefined) return undefined
  const result = (value: unknown): Answer => ({ jsonrpc: '2.0', id: of, result: value })
  if (method === 'ping') return result({})
  if (method === 'initialize') {
    const serverInfo = { name: 'notechondria-mcp', version }
    return result({ protocolVersion: PROTOCOL, capabilities: { tools: { listChanged: false } }, serverInfo })
  }
  if (method === 'tools/list') {
    const list = [...tools.values()].map(({ name, description, input }) => ({
      name,
      description,
      inputSchema: z.toJSONSchema(input, { io: 'input' }),
    }))
    return result({ tools: list })
  }
  if (method !== 'tools/call') return wrong(METHOD_NOT_FOUND, `there is no method ${method.slice(0, 80)}`, of)

  const asked = call.safeParse(params)
  const tool = asked.success ? tools.get(asked.data.name) : undefined
  if (!asked.success || !tool) return wrong(INVALID_PARAMS, 'there is no such tool', of)
  const input = tool.input.strict().safeParse(asked.data.arguments)
  if (!input.success) return wrong(INVALID_PARAMS, z.prettifyError(input.error), of)
  try {
    return result({ content: [{ type: 'text', text: JSON.stringify(await tool.run(user, input.data)) }], isError: false })
  } catch (error) {
    // Something that a model can act on is an answer; the rest is for the log.
    const failure = failureOf(error)
    if (!failure) throw error
    return result({ content: [{ type: 'text', text: `${failure.code}: ${failure.message}` }], isError: true })
  }
}
