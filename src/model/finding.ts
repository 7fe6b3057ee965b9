/** A remark about someone's input: collected and shown together, never thrown. */
export interface Finding {
  level: Level
  /** Stable name such as `E_UNKNOWN_KEY` (errors) or `W_END_OF_LIFE` (the rest); scripts and tests match on it. */
  code: string
  /** `landfall.yaml:12:3`, or a manifest path such as `components.web.health` where no file is at hand. */
  at: string
  message: string
  /** What to do now; a command where there is one. */
  hint?: string
  /** What this machine lacks, by the name that `doctor --fix` knows: `postgresql-17`. */
  lacks?: string
}
export type Level = 'error' | 'warning' | 'changed' | 'lost'
