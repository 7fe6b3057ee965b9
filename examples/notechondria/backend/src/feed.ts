import { lookup } from 'node:dns'
import { get as httpGet, type IncomingMessage, type RequestOptions } from 'node:http'
import { get as httpsGet } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Failure } from './failure.ts'

const MOST_BYTES = 2 * 1024 * 1024
const HOPS = 3

/** The `.ics` behind an address that people copy: of a page of Google Calendar, or with `webcal:`. */
export function calendarAddress(text: string): string {
  const url = URL.parse(text.trim().replace(/^webcal:/i, 'https:'))
  if (!url || !/^https?:$/.test(url.protocol)) throw new Failure(422, 'invalid', 'This is no address of a calendar.')
  if (url.hostname === 'calendar.google.com' && !url.pathname.startsWith('/calendar/ical/')) {
    const cid = url.searchParams.get('cid')
    const id = url.searchParams.get('src') ?? (cid && Buffer.from(cid, 'base64').toString('utf8'))
    if (!id) throw new Failure(422, 'invalid', 'This link does not say which calendar it is.')
    return `https://calendar.google.com/calendar/ical/${encodeURIComponent(id)}/public/basic.ics`
  }
  return url.href
}

/** Addresses come from people: they may lead anywhere but into our own networks, also by a name that points there, or a redirect. */
export async function readFeed(address: string, allowsPrivate: boolean): Promise<string> {
  try {
    let at = address
    for (let hop = 0; hop <= HOPS; hop++) {
      const { status, location, text } = await ask(new URL(at), allowsPrivate)
      if (status === 200) return text
      if (!location || status < 300 || status > 399) throw new Error(`the calendar answered ${status}`)
      at = new URL(location, at).href
    }
    throw new Error('the calendar is always somewhere else')
  } catch (error) {
    throw new Failure(502, 'feed_unreachable', `The calendar cannot be read: ${error instanceof Error ? error.message : error}.`)
  }
}

interface Answer {
  status: number
  location: string | undefined
  text: string
}
function ask(url: URL, allowsPrivate: boolean): Promise<Answer> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!allowsPrivate && isIP(host) && isPrivate(host)) throw new Error('it lies in our own network')
  const options: RequestOptions = {
    headers: { accept: 'text/calendar', 'user-agent': 'notechondria' },
    signal: AbortSignal.timeout(8_000),
    ...(!allowsPrivate && { lookup: publicLookup }),
  }
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (text.length > MOST_BYTES) answer.destroy(new Error('it is too large'))
      })
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, location: answer.headers.location, text }))
    }
    const request = url.protocol === 'https:' ? httpsGet(url, options, take) : httpGet(url, options, take)
    request.on('error', reject)
  })
}

const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4')
}
PRIVATE.addAddress('::', 'ipv6')
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')
PRIVATE.addSubnet('fe80::', 10, 'ipv6')
PRIVATE.addSubnet('ff00::', 8, 'ipv6')
/** Addresses of version 4 that are written as ones of version 6 are looked at as what they are. */
export const isPrivate = (address: string) => PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** What is connected to is what was looked at: there is no second look-up between the two. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const open = addresses.filter(({ address }) => !isPrivate(address))
    const [first] = open
    if (!first) return callback(new Error('it lies in our own network'), '', 0)
    if (options.all) callback(null, open)
    else callback(null, first.address, first.family)
  })
}
