interface Cookie {
  name: string
  value: string
  host: string
  /** Also of the hosts below. */
  isForAll: boolean
}

/** The cookies of one check, as a browser on this machine would keep them; for the one visit, so that paths count for nothing. */
export class CookieJar {
  private cookies: Cookie[] = []

  /** `lines`: `set-cookie` headers, one a line. */
  take(host: string, lines: string | undefined): void {
    for (const line of lines?.split('\n') ?? []) {
      const [pair = '', ...attributes] = line.split(';')
      const at = pair.indexOf('=')
      if (at < 1) continue
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
      const of = (key: string) => attributes.map((a) => a.trim().split('=')).find(([k]) => k?.toLowerCase() === key)?.[1]
      const domain = of('domain')?.replace(/^\./, '').toLowerCase()
      const isForAll = domain !== undefined && (host === domain || host.endsWith(`.${domain}`))
      this.cookies = this.cookies.filter((c) => c.name !== name || c.host !== (isForAll ? domain : host))
      const expires = of('expires')
      const isOver = Number(of('max-age') ?? 1) <= 0 || (expires !== undefined && Date.parse(expires) < Date.now())
      if (!isOver) this.cookies.push({ name, value, host: isForAll && domain ? domain : host, isForAll })
    }
  }

  /** For a `cookie` header; undefined where there is none. */
  header(host: string): string | undefined {
    const own = this.cookies.filter((c) => c.host === host || (c.isForAll && host.endsWith(`.${c.host}`)))
    return own.length === 0 ? undefined : own.map((c) => `${c.name}=${c.value}`).join('; ')
  }

  value(name: string): string | undefined {
    return this.cookies.find((c) => c.name === name)?.value
  }
}
