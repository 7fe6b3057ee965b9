import ICAL from 'ical.js'
import { Failure } from './failure.ts'

export interface FeedEvent {
  title: string
  starts_at: string
  ends_at: string | null
  is_all_day: boolean
}
const MOST = 200
const DAYS = 60

/** Events from `from` on, for sixty days, recurring ones included; the first two hundred. */
export function parseCalendar(text: string, from: Date): FeedEvent[] {
  const until = new Date(from.getTime() + DAYS * 86_400_000)
  const calendar = read(text)
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone)
  const events: FeedEvent[] = []
  for (const part of calendar.getAllSubcomponents('vevent')) {
    const event = new ICAL.Event(part)
    // Moved occurrences come with the event that they belong to.
    if (event.isRecurrenceException() || !event.startDate) continue
    const steps = event.isRecurring() ? event.iterator() : undefined
    let at = steps ? steps.next() : event.startDate
    for (let n = 0; at && n < 5_000 && at.toJSDate() < until; n++) {
      const { item, startDate, endDate } = event.getOccurrenceDetails(at)
      if ((endDate ?? startDate).toJSDate() >= from) {
        events.push({
          title: item.summary ?? '',
          starts_at: textOf(startDate),
          ends_at: endDate ? textOf(endDate) : null,
          is_all_day: startDate.isDate,
        })
      }
      if (!steps) break
      at = steps.next()
    }
  }
  return events.sort((a, b) => a.starts_at.localeCompare(b.starts_at)).slice(0, MOST)
}

/** A day stays a day, whatever the time zone of the reader is. */
const textOf = (time: ICAL.Time) => (time.isDate ? time.toString() : time.toJSDate().toISOString())

function read(text: string): ICAL.Component {
  try {
    const calendar = new ICAL.Component(ICAL.parse(text))
    if (calendar.name === 'vcalendar') return calendar
  } catch {
    // Whatever is wrong with it, it cannot be shown.
  }
  throw new Failure(502, 'feed_unreadable', 'What came from this address is no calendar.')
}
