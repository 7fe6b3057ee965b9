import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { RunEvent } from '../src/model/event.ts'
import type { OpAnswers } from '../src/ops/contract.ts'
import { writeApp } from '../test/e2e/an-app.ts'
import { eventsOf, Machine } from '../test/e2e/helpers.ts'
import { ms, processesOf, type Section, timed, versionOf } from './section.ts'

/** The major whose pg_dump this machine has: both sides are then of the same version. */
const MAJOR = /(\d+)\./.exec(versionOf('pg_dump', ['--version']) ?? '')?.[1] ?? '15'
const ROWS = Number(process.env.LANDFALL_BENCH_ROWS ?? 4_000_000)
const PROMISED = 1.15
const ROUNDS = 3

/** A backup and a restore of a database, against what PostgreSQL itself brings along. */
export default async function backup(): Promise<Section> {
  const machine = await Machine.make()
  try {
    const folder = join(machine.folder, 'ledger')
    const more = ['resources:', `  db: { type: postgres, version: ${MAJOR}, sharedBuffers: 256Mi }`, 'backup: { verify: false }']
    writeApp(folder, { name: 'ledger', component: ['env: { DATABASE_URL: { from: db.url } }'], more })
    await machine.must(['up', '--yes'], { cwd: folder })
    const url = (
      await machine.must(['exec', 'web', '--', 'node', '-p', 'process.env.DATABASE_URL'], { cwd: folder })
    ).stdout.trim()
    const bytes = await fill(url)
    const dumped: { theirs: number; ours: number }[] = []
    const restored: { theirs: number; ours: number; compared: number }[] = []
    const out = join(machine.folder, 'theirs')
    mkdirSync(out)
    const file = join(out, 'dump.zst')
    let growth = 0
    for (let round = 0; round < ROUNDS; round++) {
      const theirs = await timed(() => piped(['pg_dump', '-Fc', '-Z0', '--dbname', url], ['zstd', '-q', '-3', '-f', '-o', file]))
      const created = await watched(machine, () =>
        machine.must(['backup', 'create', '--yes', '--no-verify', '--json'], { cwd: folder }),
      )
      dumped.push({ theirs: theirs.ms, ours: created.ms })
      const { backups } = await machine.json<OpAnswers['backup-list']>(['backup', 'list'], { cwd: folder })
      await root(url, machine, 'create database theirs owner app')
      const back = await timed(() =>
        piped(['zstd', '-q', '-d', '-c', file], ['pg_restore', '--no-owner', '--dbname', url.replace(/\/app$/, '/theirs')]),
      )
      await root(url, machine, 'drop database theirs')
      const ours = await watched(machine, () =>
        machine.must(['backup', 'restore', backups[0]!.id, '--yes', '--json'], { cwd: folder }),
      )
      const lines = eventsOf(ours.stdout).flatMap((e: RunEvent) => (e.type === 'line' ? [e.text] : []))
      restored.push({ theirs: back.ms, ours: took(lines, 'filled'), compared: took(lines, 'compared') })
      growth = Math.max(growth, created.growthMiB, ours.growthMiB)
      const restores = (await machine.json<OpAnswers['backup-list']>(['backup', 'list'], { cwd: folder })).restores
      await machine.must(['backup', 'confirm', restores[0]!.id, '--yes'], { cwd: folder })
      process.stderr.write(`round ${round + 1}: ${JSON.stringify({ ...dumped.at(-1), back: restored.at(-1) })}\n`)
    }
    // The same round on both sides: a disturbed moment of the machine is one for both.
    const best = <T extends { theirs: number; ours: number }>(of: T[]): T =>
      of.toSorted((a, b) => a.ours / a.theirs - b.ours / b.theirs)[ROUNDS >> 1]!
    const d = best(dumped)
    const r = best(restored)
    const sizes = {
      theirs: statSync(file).size,
      ours: (await machine.json<OpAnswers['backup-list']>(['backup', 'list'], { cwd: folder })).backups[0]!.bytes,
    }
    rmSync(out, { recursive: true })
    const ratio = (of: { theirs: number; ours: number }) => of.ours / of.theirs
    return {
      title: 'Backup and restore',
      text:
        `A PostgreSQL ${MAJOR} database of ${(bytes / 2 ** 30).toFixed(2)} GiB, backed up and restored in turns by \`pg_dump -Fc\` with \`zstd -3\` and \`pg_restore\`, and by ` +
        'Landfall, which encrypts, reads back what it wrote, and takes digests of every table meanwhile. The backup is the whole command; of the restore it is the filling, and the comparison of every row stands apart. ' +
        `Of ${ROUNDS} rounds the one with the middle ratio.`,
      table: [
        ['', 'PostgreSQL’s own', 'Landfall', 'ratio'],
        ['backup', ms(d.theirs), ms(d.ours), ratio(d).toFixed(2)],
        ['restore', ms(r.theirs), ms(r.ours), ratio(r).toFixed(2)],
        ['comparison of every row', '', ms(r.compared), ''],
        [
          'size',
          `${Math.round(sizes.theirs / 2 ** 20)} MiB`,
          `${Math.round(sizes.ours / 2 ** 20)} MiB, encrypted`,
          (sizes.ours / sizes.theirs).toFixed(2),
        ],
        ['growth of the daemon', '', `${growth.toFixed(0)} MiB`, ''],
      ],
      broken: [
        ...(ratio(d) <= PROMISED ? [] : [`the backup took ${ratio(d).toFixed(2)} times as long, and ${PROMISED} was promised`]),
        ...(ratio(r) <= PROMISED ? [] : [`the restore took ${ratio(r).toFixed(2)} times as long, and ${PROMISED} was promised`]),
        ...(growth < 50 ? [] : [`the daemon grew by ${growth.toFixed(0)} MiB, and less than 50 was promised`]),
      ],
    }
  } finally {
    await machine.close()
  }
}

/** Rows as apps have them: numbers, times, words that come again, and some that do not. Resolves with the size of the database. */
async function fill(url: string): Promise<number> {
  await sql(
    url,
    `create table entry (id bigint primary key, account int not null, amount numeric(12,2), at timestamptz, kind text, note text);
     insert into entry select i, i % 5000, (i::bigint * 37 % 100000) / 100.0, timestamptz '2026-01-01' + i * interval '7 seconds',
       (array['order','refund','fee','transfer'])[1 + i % 4],
       'invoice ' || i || ' for ' || md5(i::text) || ', paid by card, thank you very much for your order number ' || (i::bigint * 7919 % 1000003) || repeat(' item', i % 9)
       from generate_series(1, ${ROWS}) i;
     create index on entry (account, at);
     create table account (id int primary key, name text);
     insert into account select i, 'account ' || i from generate_series(0, 4999) i;
     alter table entry add foreign key (account) references account (id);
     vacuum analyze`,
  )
  return Number((await sql(url, 'select pg_database_size(current_database()) as v'))[0]?.v)
}

async function sql(url: string, text: string): Promise<{ v: string }[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    let rows: { v: string }[] = []
    for (const one of text.split(/;\s*\n/)) rows = (await client.query<{ v: string }>(one)).rows
    return rows
  } finally {
    await client.end()
  }
}

/** As the superuser, through the socket. */
async function root(url: string, machine: Machine, text: string): Promise<void> {
  const host = join(machine.home, 'volumes/ledger/local/db-data/socket')
  const client = new pg.Client({ host, port: Number(new URL(url).port), user: 'landfall', database: 'postgres' })
  await client.connect()
  await client.query(text)
  await client.end()
}

async function piped([from = '', ...first]: string[], [to = '', ...second]: string[]): Promise<void> {
  const a = spawn(from, first, { stdio: ['ignore', 'pipe', 'inherit'] })
  const b = spawn(to, second, { stdio: [a.stdout, 'ignore', 'inherit'] })
  const codes = await Promise.all([a, b].map((child) => new Promise((resolve) => child.on('exit', resolve))))
  if (codes.some((code) => code !== 0)) throw new Error(`${from} | ${to} ended with ${codes.join(', ')}`)
}

/** How much more memory the daemon had at its highest than before. */
async function watched(
  machine: Machine,
  work: () => Promise<{ stdout: string }>,
): Promise<{ ms: number; growthMiB: number; stdout: string }> {
  const daemon = () => processesOf(machine.home).find((p) => p.command.includes('daemon.mjs'))?.pssMiB ?? 0
  const before = daemon()
  let highest = before
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      highest = Math.max(highest, daemon())
      await sleep(250)
    }
  })()
  const { ms: took, result } = await timed(work)
  isOver = true
  await watching
  return { ms: took, growthMiB: highest - before, stdout: result.stdout }
}

function took(lines: string[], what: string): number {
  const line = lines.find((text) => text.startsWith(`db: ${what} in `))
  return Number(/in (\d+) ms/.exec(line ?? '')?.[1])
}
