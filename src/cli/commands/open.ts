import { spawn } from 'node:child_process'
import { LandfallError } from '../../lib/error.ts'
import { show } from '../../lib/show.ts'
import type { Url } from '../../model/event.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [host]) => {
  const session = await openSession(context)
  const { apps } = await session.call('ps', await placeOf(context))
  const urls = apps.flatMap((app) => app.urls)
  const found = host === undefined ? urls[0] : urls.find((u) => u.host === host)
  if (!found) throw notFound(host, urls)
  answer(context, found, () => found.url)
  if (!context.isJson && context.out.look.isTerminal) openBrowser(found.url)
  return 0
}

function notFound(host: string | undefined, urls: Url[]): LandfallError {
  if (urls.length === 0)
    return new LandfallError({ code: 'E_NOT_UP', message: 'nothing of this app serves here', hint: 'landfall up' })
  const known = urls.map((u) => u.host).join(', ')
  return new LandfallError({ code: 'E_UNKNOWN_HOST', message: `no host ${show(host)} here`, hint: `there are: ${known}` })
}

/** Where nobody sits in front of a screen the URL alone is the answer. */
function openBrowser(url: string): void {
  const { DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION } = process.env
  const isMac = process.platform === 'darwin'
  if (SSH_CONNECTION || !(isMac || DISPLAY || WAYLAND_DISPLAY)) return
  const browser = spawn(isMac ? 'open' : 'xdg-open', [url], { stdio: 'ignore', detached: true })
  browser.once('error', () => {}) // No such program: the URL stands there.
  browser.unref()
}
