import { call } from '@notechondria/shared/api.ts'
import { Field, Form } from '@notechondria/shared/form.tsx'
import { Shell, SignInFirst, useUser } from '@notechondria/shared/shell.tsx'
import type { Feed, FeedEvent, PlannerEvent } from '@notechondria/shared/types.ts'
import { useLoad } from '@notechondria/shared/use-load.ts'
import { useState } from 'react'
import { byDay, type Entry, lastDays } from './days.ts'

export function App() {
  const { user, problem } = useUser()
  return (
    <Shell app="planner" user={user} problem={problem}>
      {user ? <Planner /> : user === null && <SignInFirst what="What is coming up" />}
    </Shell>
  )
}

interface FeedWithEvents extends Feed {
  entries: Entry[]
  problem?: string
}

function Planner() {
  const own = useLoad(() => call<PlannerEvent[]>('GET', '/planner-events/'), 'events')
  const feeds = useLoad(readFeeds, 'feeds')
  const activity = useLoad(() => call<{ day: string; count: number }[]>('GET', '/heatmap/'), own.data)
  const entries = [...(own.data ?? []).map(entryOf), ...(feeds.data ?? []).flatMap((feed) => feed.entries)]
  return (
    <>
      <h1>What is coming up</h1>
      <Form
        label="New event"
        send="Plan it"
        className="plan card"
        onSend={async ({ title, starts = '' }, form) => {
          await call('POST', '/planner-events/', { title, starts_at: new Date(starts).toISOString() })
          form.reset()
          own.reload()
        }}
      >
        <Field label="What?" name="title" required maxLength={200} />
        <Field label="When?" name="starts" type="datetime-local" required />
      </Form>
      {own.problem && <p role="alert">{own.problem}</p>}
      {own.data && entries.length === 0 && <p className="empty">Nothing is planned yet.</p>}
      {byDay(entries).map(({ day, entries: all }) => (
        <section key={day} aria-label={day}>
          <h2>{dayName(day)}</h2>
          <ul className="list">
            {all.map((entry) => (
              <EventLine key={entry.key} entry={entry} onChange={own.reload} />
            ))}
          </ul>
        </section>
      ))}
      <Feeds feeds={feeds.data ?? []} onChange={feeds.reload} />
      <Heatmap counts={activity.data ?? []} />
    </>
  )
}

function EventLine({ entry, onChange }: { entry: Entry; onChange(): void }) {
  const { id, title, feed } = entry
  const [isDone, setDone] = useState(entry.isCompleted ?? false)
  const [problem, setProblem] = useState('')
  async function change(method: string, body?: unknown): Promise<void> {
    try {
      await call(method, `/planner-events/${id}/`, body)
      onChange()
    } catch (error) {
      setDone(entry.isCompleted ?? false)
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  const time = entry.isAllDay ? 'all day' : timeOf(entry.startsAt)
  if (id === undefined) {
    return (
      <li className="event">
        <span className="time">{time}</span> {title} <small>{feed}</small>
      </li>
    )
  }
  return (
    <li className="event" data-done={isDone}>
      <span className="time">{time}</span>
      <label className="done">
        <input
          type="checkbox"
          checked={isDone}
          onChange={() => {
            setDone(!isDone)
            change('PATCH', { is_completed: !isDone })
          }}
        />
        <span>{title}</span>
      </label>
      {problem && <span role="alert">{problem}</span>}
      <button type="button" className="quiet" aria-label={`Delete ${title}`} onClick={() => change('DELETE')}>
        Delete
      </button>
    </li>
  )
}

function Feeds({ feeds, onChange }: { feeds: FeedWithEvents[]; onChange(): void }) {
  return (
    <section aria-label="Calendars">
      <h2>Calendars of others</h2>
      <ul className="list">
        {feeds.map(({ id, name, entries, problem }) => (
          <li key={id} className="event">
            <span>
              {name}: {problem ?? `${entries.length} events in the next sixty days`}
            </span>
            <button
              type="button"
              className="quiet"
              onClick={async () => {
                await call('DELETE', `/calendar-feeds/${id}/`)
                onChange()
              }}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      <Form
        label="New calendar"
        send="Add calendar"
        className="plan"
        onSend={async ({ name, url }, form) => {
          await call('POST', '/calendar-feeds/', { name, url })
          form.reset()
          onChange()
        }}
      >
        <Field label="Name" name="name" required maxLength={200} />
        <Field label="Link from Google Calendar, or an .ics address" name="url" required />
      </Form>
    </section>
  )
}

const WEEKS = 26
function Heatmap({ counts }: { counts: { day: string; count: number }[] }) {
  const days = lastDays(counts, new Date(), WEEKS)
  const sum = days.reduce((total, { count }) => total + count, 0)
  return (
    <section aria-label="Activity">
      <h2>The last half year</h2>
      <p className="soft">{sum === 1 ? 'One thing done.' : `${sum} things done.`}</p>
      <div className="heatmap" aria-hidden="true">
        {days.map(({ day, count }) => (
          <i key={day} title={`${day}: ${count}`} data-level={Math.min(4, Math.ceil(count / 3))} />
        ))}
      </div>
    </section>
  )
}

/** One that cannot be read does not hide the others. */
async function readFeeds(): Promise<FeedWithEvents[]> {
  const feeds = await call<Feed[]>('GET', '/calendar-feeds/')
  return Promise.all(
    feeds.map(async (feed) => {
      try {
        const { events } = await call<{ events: FeedEvent[] }>('GET', `/calendar-feeds/${feed.id}/`)
        return { ...feed, entries: events.map((event, i) => feedEntry(feed, event, i)) }
      } catch (error) {
        return { ...feed, entries: [], problem: error instanceof Error ? error.message : String(error) }
      }
    }),
  )
}

function entryOf({ id, title, starts_at, ends_at, is_completed }: PlannerEvent): Entry {
  return { key: `event-${id}`, id, title, startsAt: starts_at, endsAt: ends_at, isCompleted: is_completed }
}
function feedEntry({ id, name }: Feed, { title, starts_at, ends_at, is_all_day }: FeedEvent, i: number): Entry {
  return { key: `feed-${id}-${i}`, title, startsAt: starts_at, endsAt: ends_at, feed: name, isAllDay: is_all_day }
}
const dayName = (day: string) =>
  new Date(`${day}T12:00`).toLocaleDateString('en', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const timeOf = (time: string) => new Date(time).toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false })
