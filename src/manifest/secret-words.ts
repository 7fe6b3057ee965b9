const LITERALS: [RegExp, string][] = [
  [/\bAKIA[0-9A-Z]{16}\b/, 'a key of AWS'],
  [/\b[sr]k_live_[0-9A-Za-z]{8,}/, 'a key of Stripe'],
  [/\bgh[pousr]_[0-9A-Za-z]{20,}|\bgithub_pat_[0-9A-Za-z_]{20,}/, 'a token of GitHub'],
  [/\bglpat-[0-9A-Za-z_-]{16,}/, 'a token of GitLab'],
  [/\bxox[abeprs]-[0-9A-Za-z-]{10,}/, 'a token of Slack'],
  [/\bAIza[0-9A-Za-z_-]{30,}/, 'a key of Google'],
  [/\bsk-[0-9A-Za-z_-]{20,}/, 'a key of an API'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/^[a-z][a-z0-9+.-]*:\/\/[^/\s:@$]*:[^/\s@$]{3,}@/i, 'an address with a password'],
]

/** What kind of secret a literal text looks like; nothing when it looks like none. */
export function secretLiteral(text: string): string | undefined {
  const start = text.slice(0, 10_000)
  return LITERALS.find(([pattern]) => pattern.test(start))?.[1]
}

/** Whether build tools give a variable of this name to the browser. */
export function isBrowserName(name: string): boolean {
  return /^(?:VITE|NEXT_PUBLIC|REACT_APP|PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|GATSBY|VUE_APP)_/.test(name)
}

/** Whether a variable of this name usually holds a secret. */
export function isSecretName(name: string): boolean {
  if (
    /^(DATABASE|REDIS|MONGO\w*|AMQP|POSTGRES\w*|MYSQL|RABBITMQ)_UR[LI]$|ACCESS_KEY_ID$|_HOST_(PASSWORD|PASS|SECRET|TOKEN)$/i.test(
      name,
    )
  )
    return true
  if (/(^|_)(PUBLIC|PUBLISHABLE|TTL|MAX|MIN|LENGTH|EXPIR\w*|HOST|PORT)(_|$)|_(ID|UR[LI]|FILE|PATH|NAME|HEADER)$/i.test(name))
    return false
  return /SECRET|PASSWORD|PASSWD|TOKEN|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_?KEY|_KEY$|_DSN$|_PASS$|(^|_)SALT(_|$)/i.test(name)
}
