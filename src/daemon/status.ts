// What an error code means for whoever asked. Codes that nobody lists here are failures of the work: 500, exit 1.

/** Somebody else is at it, or the world moved: the same request may work later. */
const LATER = ['E_LOCKED', 'E_BASIS', 'E_BUSY', 'E_DAEMON_RUNS', 'E_DAEMON_STOPPED', 'E_DAEMON_LOST']
/** The request itself is wrong; asking again changes nothing. */
const WRONG = [
  ...['E_INPUT', 'E_CONFIRM', 'E_USAGE', 'E_TYPE', 'E_RANGE', 'E_NAME', 'E_PATH', 'E_DEPTH', 'E_SYNTAX', 'E_ENCODING'],
  ...['E_TOO_LARGE', 'E_TOO_COMPLEX', 'E_SERVER_VERSION', 'E_NOT_REGULAR_FILE', 'E_OWNER', 'E_REQUIRED', 'E_REFUSED'],
  ...['E_RELEASE', 'E_COMPONENT', 'E_TASK', 'E_RUN', 'E_ENVIRONMENT', 'E_HOST', 'E_PROTECTED', 'E_EXISTS', 'E_RUN_ENDED'],
]
const WRONG_PREFIXES = [
  'E_UNKNOWN_',
  'E_MANIFEST',
  'E_CONFIG',
  'E_ENV_',
  'E_YAML',
  'E_DUPLICATE',
  'E_NO_',
  'E_SECRET',
  'E_INVALID',
]
/** Sounds like wrong input but is a lack of this machine. */
const FAILED = ['E_NO_DAEMON', 'E_NO_NPM', 'E_NO_SPACE', 'E_SECRETS_KEY']

export type Meaning = 'wrong' | 'later' | 'cancelled' | 'failed'

export function meaningOf(code: string): Meaning {
  if (LATER.includes(code)) return 'later'
  if (code === 'E_CANCELLED') return 'cancelled'
  if (FAILED.includes(code)) return 'failed'
  return WRONG.includes(code) || WRONG_PREFIXES.some((p) => code.startsWith(p)) ? 'wrong' : 'failed'
}

export function httpStatusOf(code: string): number {
  if (code === 'E_TOO_LARGE') return 413
  if (code === 'E_UNKNOWN_OP') return 404
  if (code === 'E_DAEMON_STOPPED') return 503
  return { wrong: 422, later: 409, cancelled: 409, failed: 500 }[meaningOf(code)]
}

export function exitCodeOf(code: string): number {
  return { wrong: 2, later: 75, cancelled: 3, failed: 1 }[meaningOf(code)]
}
