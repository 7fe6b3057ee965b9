// Written by `landfall export northflank`. Change landfall.yaml and export again.
// No dependencies; Node 18 or newer.
//   node landfall.mjs env '{"SESSION_SECRET":{"minLength":16}}'   are the variables as they must be?
//   node landfall.mjs wait DATABASE_URL REDIS_URL                 until a login works, 300 seconds at most (LANDFALL_WAIT)
//   node landfall.mjs lock DATABASE_URL <name> -- <command>       one container at a time, by a lock of PostgreSQL
//   node landfall.mjs once DATABASE_URL <name> -- <command>       the same, and never again once it ended well
//   node landfall.mjs health '{"path":"/health","status":200}'    asks the app on PORT
import { spawn } from 'node:child_process'
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'

const LIMIT = Number(process.env.LANDFALL_WAIT || 300)
/** Answers of PostgreSQL that no waiting changes: wrong password, no such user, no such database. */
const REFUSED = new Set(['28P01', '28000', '3D000'])
const say = (text) => process.stderr.write('landfall: ' + text + '\n')
const fail = (text, code = 1) => {
  say(text)
  process.exit(code)
}

/** Host, port and the rest of NAME, or of HOST_NAME:PORT_NAME. Nothing of it is ever printed but host and port. */
function addressOf(spec) {
  const [first, second] = spec.split(':')
  const value = process.env[first] || ''
  if (second) return { scheme: 'tcp', host: value, port: Number(process.env[second]), label: value + ':' + process.env[second] }
  if (!value) throw new Error(first + ' is not set')
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : 'tcp://' + value
  let url
  try {
    url = new URL(text)
  } catch {
    throw new Error(first + ' is not an address')
  }
  const scheme = url.protocol.slice(0, -1)
  const ports = { postgres: 5432, postgresql: 5432, redis: 6379, rediss: 6379, http: 80, https: 443, mysql: 3306, amqp: 5672 }
  const query = url.searchParams
  const host = query.get('host') || url.hostname.replace(/^\[|\]$/g, '') || 'localhost'
  const port = Number(url.port || query.get('port') || ports[scheme] || 0)
  const user = decodeURIComponent(url.username) || query.get('user') || ''
  const password = decodeURIComponent(url.password) || query.get('password') || process.env.PGPASSWORD || ''
  const path = decodeURIComponent(url.pathname.slice(1))
  return { scheme, host, port, user, password, path, query, label: host.startsWith('/') ? host : host + ':' + port }
}

function connect(address, withTls) {
  return new Promise((resolve, reject) => {
    const { host, port } = address
    const options = host.startsWith('/') ? { path: host + '/.s.PGSQL.' + (port || 5432) } : { host, port }
    const socket = withTls ? tls.connect({ ...options, servername: net.isIP(host) ? undefined : host }) : net.connect(options)
    const timer = setTimeout(() => socket.destroy(new Error('no answer within 5 s')), 5000)
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once(withTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.setKeepAlive(true, 15000)
      resolve(socket)
    })
  })
}

/** ---- PostgreSQL: as much of its protocol as a login and a simple query need ---- */
class Postgres {
  constructor(address) {
    this.address = address
    this.waiting = []
    this.messages = []
    this.rest = Buffer.alloc(0)
  }
  async open() {
    let socket = await connect(this.address, false)
    const mode = this.address.query.get('sslmode') || 'prefer'
    if (mode !== 'disable' && mode !== 'allow' && !this.address.host.startsWith('/')) {
      socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))
      const answer = await new Promise((resolve, reject) => {
        socket.once('data', (data) => resolve(String.fromCharCode(data[0])))
        socket.once('error', reject)
        socket.once('close', () => reject(new Error('the connection was closed')))
      })
      if (answer === 'S') {
        const plain = socket
        const strict = mode === 'verify-ca' || mode === 'verify-full'
        const { host } = this.address
        socket = await new Promise((resolve, reject) => {
          const secure = tls.connect({ socket: plain, rejectUnauthorized: strict, servername: net.isIP(host) ? undefined : host })
          secure.once('secureConnect', () => resolve(secure))
          secure.once('error', reject)
        })
      } else if (mode !== 'prefer') throw new Error('the server has no TLS, and sslmode=' + mode + ' asks for it')
    }
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', (error) => this.stop(error))
    socket.on('close', () => this.stop(new Error('the connection was closed')))
    socket.on('data', (data) => this.read(data))
    const { user, path } = this.address
    const names = ['user', user || 'postgres', 'database', path || user || 'postgres', 'application_name', 'landfall', '']
    const body = Buffer.from(names.map((n) => n + '\0').join(''))
    const head = Buffer.alloc(8)
    head.writeInt32BE(body.length + 8, 0)
    head.writeInt32BE(196608, 4)
    socket.write(Buffer.concat([head, body]))
    await this.login()
  }
  read(data) {
    this.rest = Buffer.concat([this.rest, data])
    while (this.rest.length >= 5) {
      const length = this.rest.readInt32BE(1) + 1
      if (this.rest.length < length) return
      const message = { type: String.fromCharCode(this.rest[0]), body: this.rest.subarray(5, length) }
      this.rest = this.rest.subarray(length)
      const next = this.waiting.shift()
      if (next) next.resolve(message)
      else this.messages.push(message)
    }
  }
  stop(error) {
    this.ended = this.ended || error
    for (const { reject } of this.waiting.splice(0)) reject(this.ended)
  }
  next() {
    const message = this.messages.shift()
    if (message) return Promise.resolve(message)
    if (this.ended) return Promise.reject(this.ended)
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }))
  }
  send(type, body) {
    const head = Buffer.alloc(5)
    head.write(type, 0, 'latin1')
    head.writeInt32BE(body.length + 4, 1)
    this.socket.write(Buffer.concat([head, body]))
  }
  async login() {
    const { user, password } = this.address
    let scram
    for (;;) {
      const { type, body } = await this.next()
      if (type === 'E') throw errorOf(body)
      if (type === 'Z') return
      if (type !== 'R') continue
      const kind = body.readInt32BE(0)
      if (kind === 3) this.send('p', Buffer.from(password + '\0'))
      else if (kind === 5) {
        const md5 = (...parts) => createHash('md5').update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest('hex')
        this.send('p', Buffer.from('md5' + md5(md5(password, user), body.subarray(4, 8)) + '\0'))
      } else if (kind === 10) {
        scram = { nonce: randomBytes(18).toString('base64') }
        const first = Buffer.from('n,,n=,r=' + scram.nonce)
        const length = Buffer.alloc(4)
        length.writeInt32BE(first.length)
        this.send('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), length, first]))
      } else if (kind === 11) this.send('p', Buffer.from(scramFinal(scram, password, body.subarray(4).toString())))
      else if (kind === 12) {
        if (body.subarray(4).toString() !== 'v=' + scram.signature) throw new Error('the server does not know the password itself')
      } else if (kind !== 0) throw new Error('the server asks for a kind of login that is not known here: ' + kind)
    }
  }
  /** First column of every row. */
  async query(text) {
    this.send('Q', Buffer.from(text + '\0'))
    const rows = []
    let error
    for (;;) {
      const { type, body } = await this.next()
      if (type === 'D') rows.push(body.subarray(6, 6 + Math.max(0, body.readInt32BE(2))).toString())
      else if (type === 'E') error = errorOf(body)
      else if (type === 'Z') {
        if (error) throw error
        return rows
      }
    }
  }
  close() {
    if (this.socket) this.socket.destroy()
  }
}
function scramFinal(scram, password, said) {
  const part = Object.fromEntries(said.split(',').map((p) => [p[0], p.slice(2)]))
  const bare = 'c=biws,r=' + part.r
  const salted = pbkdf2Sync(password.normalize('NFKC'), Buffer.from(part.s, 'base64'), Number(part.i), 32, 'sha256')
  const hmac = (key, text) => createHmac('sha256', key).update(text).digest()
  const clientKey = hmac(salted, 'Client Key')
  const message = 'n=,r=' + scram.nonce + ',' + said + ',' + bare
  const signature = hmac(createHash('sha256').update(clientKey).digest(), message)
  scram.signature = hmac(hmac(salted, 'Server Key'), message).toString('base64')
  return bare + ',p=' + Buffer.from(clientKey.map((byte, i) => byte ^ signature[i])).toString('base64')
}
function errorOf(body) {
  const parts = body.toString().split('\0').map((p) => [p[0], p.slice(1)])
  const found = Object.fromEntries(parts)
  return Object.assign(new Error(found.M || 'the server refused'), { code: found.C })
}

/** ---- Redis ---- */
async function pingRedis(address) {
  const socket = await connect(address, address.scheme === 'rediss')
  try {
    const ask = (...words) =>
      new Promise((resolve, reject) => {
        socket.once('data', (data) => resolve(data.toString()))
        socket.once('close', () => reject(new Error('the connection was closed')))
        socket.once('error', reject)
        socket.write('*' + words.length + '\r\n' + words.map((w) => '$' + Buffer.byteLength(w) + '\r\n' + w + '\r\n').join(''))
      })
    if (address.password) {
      const answer = await ask('AUTH', ...(address.user ? [address.user] : []), address.password)
      if (!answer.startsWith('+')) throw Object.assign(new Error('the password is refused'), { code: '28P01' })
    }
    const answer = await ask('PING')
    if (!answer.startsWith('+PONG')) throw new Error(answer.slice(1).split('\r')[0])
  } finally {
    socket.destroy()
  }
}

async function tryOnce(address) {
  if (address.scheme === 'postgres' || address.scheme === 'postgresql') {
    const postgres = new Postgres(address)
    try {
      await postgres.open()
      await postgres.query('select 1')
    } finally {
      postgres.close()
    }
  } else if (address.scheme === 'redis' || address.scheme === 'rediss') await pingRedis(address)
  else (await connect(address, false)).destroy()
}

async function waitFor(spec) {
  const address = addressOf(spec)
  const end = Date.now() + LIMIT * 1000
  let refusals = 0
  for (let tries = 0; ; tries++) {
    try {
      await tryOnce(address)
      if (tries > 0) say(spec + ' answers')
      return
    } catch (error) {
      const reason = error.message || error.code
      refusals = REFUSED.has(error.code) ? refusals + 1 : 0
      if (refusals >= 10) fail(spec + ' at ' + address.label + ' refuses the login: ' + reason)
      if (Date.now() >= end) fail(spec + ' at ' + address.label + ' did not answer within ' + LIMIT + ' s: ' + reason, 75)
      if (tries % 15 === 0) say('waiting for ' + spec + ' at ' + address.label + ': ' + reason)
      await sleep(1000)
    }
  }
}

/** Runs a command while the lock is held. Should the lock be lost with the connection, the command is ended: another may begin. */
async function underLock(spec, name, command, isOnce) {
  await waitFor(spec)
  const postgres = new Postgres(addressOf(spec))
  await postgres.open()
  const text = "'" + name.replaceAll("'", "''") + "'"
  const key = '1279346246, hashtext(' + text + ')'
  const [got] = await postgres.query('select pg_try_advisory_lock(' + key + ')')
  if (got !== 't') {
    say('another container is at it: waiting for ' + name)
    await postgres.query('select pg_advisory_lock(' + key + ')')
  }
  if (isOnce) {
    await postgres.query('create table if not exists landfall_once (name text primary key, at timestamptz not null default now())')
    const [done] = await postgres.query('select at from landfall_once where name = ' + text)
    if (done !== undefined) return 0
  }
  const child = spawn(command[0], command.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  let isOver = false
  void postgres.closed.then(() => {
    if (isOver) return
    say('the connection that held the lock is gone: ' + name + ' is ended')
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 10000).unref()
  })
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      say(command[0] + ': ' + error.message)
      resolve(127)
    })
    child.once('exit', (status, signal) => resolve(status === null ? (signal === 'SIGTERM' ? 143 : 1) : status))
  })
  isOver = true
  if (postgres.ended) return code || 75
  if (isOnce && code === 0) await postgres.query('insert into landfall_once (name) values (' + text + ')')
  postgres.close()
  return code
}

function contains(value, wanted) {
  if (Array.isArray(wanted)) return Array.isArray(value) && wanted.every((w, i) => contains(value[i], w))
  if (typeof wanted !== 'object' || wanted === null) return value === wanted
  return typeof value === 'object' && value !== null && Object.entries(wanted).every(([k, w]) => contains(value[k], w))
}

function health({ path, status, json, host }) {
  const port = Number(process.env.PORT)
  const headers = host ? { host } : {}
  const request = http.get({ host: '127.0.0.1', port, path, headers, timeout: 5000 }, (answer) => {
    let text = ''
    answer.setEncoding('utf8')
    answer.on('data', (part) => {
      text += part
      if (text.length > 1e6) request.destroy(new Error('the answer is too long'))
    })
    answer.on('end', () => {
      const isRight = status === undefined ? answer.statusCode < 500 : answer.statusCode === status
      if (!isRight) fail(path + ' answered ' + answer.statusCode)
      if (json === undefined) process.exit(0)
      try {
        if (contains(JSON.parse(text), json)) process.exit(0)
      } catch {}
      fail(path + ' answered other JSON than wanted: ' + text.slice(0, 200))
    })
  })
  request.on('timeout', () => request.destroy(new Error('no answer within 5 s')))
  request.on('error', (error) => fail(path + ': ' + error.message))
}

function checkEnv(rules) {
  const wrong = []
  for (const [name, { minLength, pattern, about }] of Object.entries(rules)) {
    const value = process.env[name]
    if (!value) continue
    const why = about ? ' (' + about + ')' : ''
    if (minLength && value.length < minLength) wrong.push(name + ' must have ' + minLength + ' characters or more' + why)
    else if (pattern && !new RegExp('^(?:' + pattern + ')$').test(value)) wrong.push(name + ' does not match ' + pattern + why)
  }
  if (wrong.length > 0) fail(wrong.join('\nlandfall: '), 78)
}

const [verb, ...args] = process.argv.slice(2)
const cut = args.indexOf('--')
try {
  if (verb === 'env') checkEnv(JSON.parse(args[0]))
  else if (verb === 'wait') await Promise.all(args.map(waitFor))
  else if (verb === 'health') health(JSON.parse(args[0]))
  else if (verb === 'lock' || verb === 'once') {
    process.exit(await underLock(args[0], args[1], args.slice(cut + 1), verb === 'once'))
  } else fail('env, wait, lock, once or health?', 2)
} catch (error) {
  fail(error.message || String(error))
}
