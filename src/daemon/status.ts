// What an error code means for whoever asked. Codes that nobody lists here are failures of the work: 500, exit 1.

/** The machine does not let us write: nothing is wrong with the request. */
const UNABLE = ['E_BUSY', 'E_DISK_FULL', 'E_READ_ONLY', 'E_STATE_LOST', 'E_STATE_DAMAGED']
/** Somebody else is at it, or the world moved: the same request may work later. */
const LATER = ['E_LOCKED', 'E_BASIS', 'E_DAEMON_RUNS', 'E_DAEMON_STOPPED', 'E_DAEMON_LOST', ...UNABLE]
/** The request itself is wrong; asking again changes nothing. */
const WRONG = new Set([
  ...['E_INPUT', 'E_USAGE', 'E_CONFIRM', 'E_FINDINGS', 'E_SERVER_VERSION', 'E_OWNER', 'E_EXISTS', 'E_NOT_WAITING'],
  ...['E_NO_MANIFEST', 'E_TWO_MANIFESTS', 'E_NO_CHECKS', 'E_NO_COMMAND', 'E_NO_ROUTE', 'E_NO_PACKAGE_JSON'],
  ...['E_NOT_REGULAR_FILE', 'E_UNREADABLE', 'E_ENCODING', 'E_SYNTAX', 'E_DEPTH', 'E_TOO_LARGE', 'E_TOO_COMPLEX', 'E_PATH'],
  ...[
    'E_TYPE',
    'E_RANGE',
    'E_NAME',
    'E_VERSION',
    'E_COMMAND',
    'E_MOUNT',
    'E_LIMIT',
    'E_PORT',
    'E_DOMAIN',
    'E_CYCLE',
    'E_REQUIRED',
  ],
  ...['E_RESOURCE_TYPE', 'E_TWO_WRITERS', 'E_HEALTH_PATH', 'E_RESERVED', 'E_SECRET_MISSING', 'E_ARTIFACT_GONE'],
])
const WRONG_PREFIXES = ['E_UNKNOWN_', 'E_CONFIG', 'E_ENV_', 'E_YAML', 'E_DUPLICATE', 'E_SECRET_IN_', 'E_INIT_']

export type Meaning = 'wrong' | 'later' | 'cancelled' | 'failed'

export function meaningOf(code: string): Meaning {
  if (LATER.includes(code)) return 'later'
  if (code === 'E_CANCELLED') return 'cancelled'
  return WRONG.has(code) || WRONG_PREFIXES.some((p) => code.startsWith(p)) ? 'wrong' : 'failed'
}

export function httpStatusOf(code: string): number {
  if (code === 'E_TOO_LARGE') return 413
  if (code === 'E_UNKNOWN_OP') return 404
  if (code === 'E_DAEMON_STOPPED' || UNABLE.includes(code)) return 503
  return { wrong: 422, later: 409, cancelled: 409, failed: 500 }[meaningOf(code)]
}

export function exitCodeOf(code: string): number {
  return { wrong: 2, later: 75, cancelled: 3, failed: 1 }[meaningOf(code)]
}
