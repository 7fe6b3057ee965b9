import nodemailer from 'nodemailer'
import { codeOf, LandfallError } from '../../lib/error.ts'

export interface TestMail {
  /** Either the whole address, or its parts. */
  server: { url: string } | { host: string; port: string; user: string; password: string }
  from: string
  to: string
  subject: string
  text: string
}
export interface Sent {
  host: string
  port: number
  /** What the server answered. */
  response: string
}

const CONNECT_MS = 10_000
const IDLE_MS = 20_000

/** Sends one mail as the app would. What goes wrong says where, and never the password. */
export async function sendTest({ server, ...mail }: TestMail): Promise<Sent> {
  const place = 'url' in server ? fromUrl(server.url) : fromParts(server)
  const transport = nodemailer.createTransport({
    host: place.host,
    port: place.port,
    secure: place.isSecure,
    ...(place.user !== '' && { auth: { user: place.user, pass: place.password } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: IDLE_MS,
  })
  try {
    const { response } = await transport.sendMail(mail)
    return { host: place.host, port: place.port, response: String(response) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new LandfallError({
      code: 'E_MAIL',
      message: `could not send through ${place.host}:${place.port}: ${withoutSecret(reason, place.password)}`,
      ...(codeOf(error) && { detail: codeOf(error) }),
      hint: hintOf(codeOf(error)),
    })
  } finally {
    transport.close()
  }
}

interface Place {
  host: string
  port: number
  isSecure: boolean
  user: string
  password: string
}

function fromUrl(text: string): Place {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new LandfallError({
      code: 'E_MAIL',
      message: 'the address of the relay is none: it must be smtp://user:password@host:587 or smtps://…',
      hint: 'landfall env list shows its name; landfall env set <name> sets it',
    })
  }
  const isSecure = url.protocol === 'smtps:'
  const port = url.port ? Number(url.port) : isSecure ? 465 : 587
  return {
    host: url.hostname,
    port,
    isSecure,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  }
}

function fromParts({ host, port, user, password }: { host: string; port: string; user: string; password: string }): Place {
  return { host, port: Number(port), isSecure: Number(port) === 465, user, password }
}

function withoutSecret(text: string, password: string): string {
  return password === '' ? text : text.replaceAll(password, '[redacted]')
}

function hintOf(code: string | undefined): string {
  if (code === 'EAUTH') return 'user or password are wrong for this server: landfall env list, landfall env set'
  if (code === 'EENVELOPE') return 'the server takes mail of other senders, or for other recipients: look at `from`'
  return 'is the host right, and does a firewall let it through? Many providers close port 25; 587 is usual'
}
