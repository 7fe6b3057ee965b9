const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }
export const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/
export const SIZE = /^(\d{1,9}(?:\.\d{1,3})?)(Mi|Gi)$/

/** `90s` → 90. The schema has looked at the text before. */
export function toSeconds(text: string): number {
  const [, count = '', unit = ''] = DURATION.exec(text) ?? []
  return Number(count) * (SECONDS[unit] ?? Number.NaN)
}

/** `1Gi` → 1024. */
export function toMiB(text: string): number {
  const [, count = '', unit = ''] = SIZE.exec(text) ?? []
  return Math.round(Number(count) * (unit === 'Gi' ? 1024 : unit === 'Mi' ? 1 : Number.NaN))
}
