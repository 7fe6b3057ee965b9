import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calendarAddress, isPrivate } from '../../src/feed.ts'
import { parseCalendar } from '../../src/ical.ts'

const calendar = (...lines: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR'].join('\r\n')
const event = (...lines: string[]) => ['BEGIN:VEVENT', 'UID:1', 'SUMMARY:Tea', ...lines, 'END:VEVENT']
const from = new Date('2026-03-01T00:00:00Z')

test('times are what they are in their zone, also across a change of clocks', () => {
  const zone = [
    'BEGIN:VTIMEZONE',
    'TZID:Home',
    'BEGIN:STANDARD',
    'DTSTART:20251026T030000',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
    'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
    'END:STANDARD',
    'BEGIN:DAYLIGHT',
    'DTSTART:20250330T020000',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0200',
    'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
    'END:DAYLIGHT',
    'END:VTIMEZONE',
  ]
  const text = calendar(...zone, ...event('DTSTART;TZID=Home:20260327T100000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=4'))
  assert.deepEqual(
    parseCalendar(text, from).map(({ starts_at: at }) => at),
    ['2026-03-27T09:00:00.000Z', '2026-03-28T09:00:00.000Z', '2026-03-29T08:00:00.000Z', '2026-03-30T08:00:00.000Z'],
  )
})

test('a day stays a day', () => {
  const [found] = parseCalendar(calendar(...event('DTSTART;VALUE=DATE:20260401', 'DTEND;VALUE=DATE:20260402')), from)
  assert.deepEqual(found, { title: 'Tea', starts_at: '2026-04-01', ends_at: '2026-04-02', is_all_day: true })
})

test('what lies behind us or far ahead is left out, and what never ends comes to an end', () => {
  assert.deepEqual(parseCalendar(calendar(...event('DTSTART:20260201T100000Z', 'DTEND:20260201T110000Z')), from), [])
  assert.deepEqual(parseCalendar(calendar(...event('DTSTART:20270201T100000Z')), from), [])
  assert.equal(parseCalendar(calendar(...event('DTSTART:20260302T100000Z', 'RRULE:FREQ=HOURLY')), from).length, 200)
})

test('anything else is no calendar', () => {
  for (const text of ['', 'hello', '<html>', 'BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD']) {
    assert.throws(() => parseCalendar(text, from), { code: 'feed_unreadable' }, text)
  }
})

test('links that people copy become addresses of calendars', () => {
  const ics = 'https://calendar.google.com/calendar/ical/me%40x.example/public/basic.ics'
  assert.equal(calendarAddress('https://calendar.google.com/calendar/embed?src=me%40x.example&ctz=UTC'), ics)
  assert.equal(calendarAddress(ics), ics)
  assert.equal(calendarAddress('webcal://x.example/a.ics'), 'https://x.example/a.ics')
  for (const url of ['', 'x', 'ftp://x.example/a', 'https://calendar.google.com/calendar/u/0/r'])
    assert.throws(() => calendarAddress(url))
})

test('our own networks are known in every spelling', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ]) {
    assert.equal(isPrivate(address), true, address)
  }
  for (const address of ['1.1.1.1', '172.32.0.1', '2606:4700::1']) assert.equal(isPrivate(address), false, address)
})
