import type { EnvKind } from '../../model/app.ts'

const PATTERNS: Partial<Record<EnvKind, RegExp>> = {
  int: /^-?[0-9]+$/,
  number: /^-?[0-9]+(\.[0-9]+)?$/,
  bool: /^(true|false|1|0|yes|no|on|off)$/i,
  url: /^[a-z][a-z0-9+.-]*:\/\/[^\s]+$/i,
  email: /^[^\s@]+@[^\s@]+$/,
}

/** Why a text is not of a kind, without the text itself; nothing where it is. All of these take time in proportion to its length. */
export function whyNotOfKind(text: string, kind: EnvKind, values: readonly string[] = []): string | undefined {
  switch (kind) {
    case 'text':
      return undefined
    case 'enum':
      return values.includes(text) ? undefined : `is none of ${values.join(', ')}`
    case 'list': {
      const items = text.split(',').map((item) => item.trim())
      if (items.includes('')) return 'is no list: an item between its commas is empty'
      const odd = values.length === 0 ? -1 : items.findIndex((item) => !values.includes(item))
      return odd < 0 ? undefined : `is no list of ${values.join(', ')}: item ${odd + 1} is none of them`
    }
    case 'port': {
      const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
      return port >= 1 && port <= 65535 ? undefined : 'is no port: a whole number from 1 to 65535'
    }
    default: {
      const [, bytes] = /^hex\((\d+)\)$/.exec(kind) ?? []
      if (bytes !== undefined) {
        const digits = Number(bytes) * 2
        return text.length === digits && /^[0-9a-f]*$/i.test(text) ? undefined : `is not ${bytes} bytes in ${digits} hex digits`
      }
      return PATTERNS[kind]?.test(text) === false ? (WRONG[kind] ?? `is no ${kind}`) : undefined
    }
  }
}

const WRONG: Partial<Record<EnvKind, string>> = {
  int: 'is no whole number',
  bool: 'is neither true nor false (1 and 0, yes and no, on and off)',
  url: 'is no address such as https://shop.example',
  email: 'is no mail address',
}
