import type { Url } from '../../model/event.ts'
import type { Look } from './look.ts'
import { padEnd, widthOf } from './width.ts'

/** The URL first, so that `| awk '{print $1}'` and a double click both find it. */
export function renderUrls(urls: Url[], { paint }: Look, indent = ''): string[] {
  const width = Math.max(0, ...urls.map(({ url }) => widthOf(url)))
  return urls.map(({ host, url }) => `${indent}${padEnd(paint.underline(paint.cyan(url)), width)}  ${paint.dim(host)}`.trimEnd())
}
