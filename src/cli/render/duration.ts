/** `0.4 s`, `12.3 s`, `1 min 04 s`, `3 h 12 min`, `5 d 2 h`. */
export function duration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 59.95) return `${seconds < 0.05 ? '0' : seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return uptime(ms)
}

/** The two largest units: what a person wants to know of something that runs. */
export function uptime(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `2026-11-21 10:04:07`, where the person is; `10:04:07` when it is of today. */
export function localTime(at: string, now = new Date()): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return at
  const time = date.toTimeString().slice(0, 8)
  const day = (d: Date) =>
    `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`
  return day(date) === day(now) ? time : `${day(date)} ${time}`
}
