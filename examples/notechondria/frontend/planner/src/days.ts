export interface Entry {
  key: string
  title: string
  startsAt: string
  endsAt: string | null
  /** Of a calendar that belongs to somebody else: only to be looked at. */
  feed?: string
  isAllDay?: boolean
  id?: number
  isCompleted?: boolean
}

const pad = (n: number) => String(n).padStart(2, '0')
/** The day that it is here, as `2026-04-01`. A day without a time is the same one everywhere. */
export function dayOf(time: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(time)) return time
  const date = new Date(time)
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

/** By day and then by time; what takes the whole day comes first. */
export function byDay(entries: Entry[]): { day: string; entries: Entry[] }[] {
  const days = new Map<string, Entry[]>()
  const sorted = [...entries].sort((a, b) => startOf(a).localeCompare(startOf(b)))
  for (const entry of sorted) {
    const day = dayOf(entry.startsAt)
    days.set(day, [...(days.get(day) ?? []), entry])
  }
  return [...days].map(([day, all]) => ({ day, entries: all })).sort((a, b) => a.day.localeCompare(b.day))
}
const startOf = ({ startsAt }: Entry) => (/^\d{4}-\d\d-\d\d$/.test(startsAt) ? startsAt : new Date(startsAt).toISOString())

/** The last `weeks` weeks up to today, oldest first, with how much happened on each day. */
export function lastDays(counts: { day: string; count: number }[], today: Date, weeks: number): { day: string; count: number }[] {
  const known = new Map(counts.map(({ day, count }) => [day, count]))
  return Array.from({ length: weeks * 7 }, (_, i) => {
    const at = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() - (weeks * 7 - 1 - i)))
    const day = at.toISOString().slice(0, 10)
    return { day, count: known.get(day) ?? 0 }
  })
}
