/** One list entry per version of the store; a store is brought up by those it has not had. Never edit an entry: add one. */
export const MIGRATIONS: string[] = [
  `
  create table app (
    app text not null, environment text not null, folder text not null, seen_at integer not null,
    primary key (app, environment)
  ) strict;
  create table release (
    app text not null, environment text not null, n integer not null, made_at integer not null, run text not null,
    -- 'trying' until its run has ended, then 'good' or 'bad'
    state text not null, record text not null,
    primary key (app, environment, n)
  ) strict;
  create table serving (
    app text not null, environment text not null, release text, outcome text not null,
    primary key (app, environment)
  ) strict;
  create table run (
    n integer primary key, app text not null, environment text not null, key text unique,
    intent text not null, plan text not null, epoch integer not null,
    -- absent while it goes on
    state text, message text, error text, started_at integer not null, ended_at integer
  ) strict;
  create index run_open on run (app, environment) where ended_at is null;
  create table journal (
    run integer not null references run (n), seq integer not null, at integer not null, event text not null,
    primary key (run, seq)
  ) strict;
  create table stored (
    app text not null, environment text not null, name text not null, version integer not null,
    -- absent: unset
    sealed blob, is_secret integer not null, source text not null, at integer not null,
    primary key (app, environment, name, version)
  ) strict;
  create table lock (
    app text not null, environment text not null, epoch integer not null, run integer,
    primary key (app, environment)
  ) strict;
  create table notice (
    n integer primary key, app text not null, environment text not null, at integer not null, body text not null
  ) strict;
  create index notice_of on notice (app, environment, n);
  `,
  `
  create table schedule (
    app text not null, environment text not null, job text not null,
    -- the wall clock, in milliseconds, when it last fired or was first seen
    fired_at integer not null,
    primary key (app, environment, job)
  ) strict;
  `,
  `
  create table secrets_key (
    one integer primary key check (one = 1),
    -- digest of the key that the stored values are sealed with
    key_id text not null,
    -- public half of the recovery key, and the key sealed to it; absent: nobody made one
    recipient text, sealed blob, made_at integer
  ) strict;
  `,
  `
  create table signature (
    app text not null, environment text not null, check_name text not null, release text not null,
    signed_by text not null, at integer not null,
    primary key (app, environment, check_name, release)
  ) strict;
  create table uptime (
    n integer primary key, app text not null, environment text not null, check_name text not null, at integer not null,
    is_passed integer not null, ms integer not null,
    -- why not; absent where it passed
    because text
  ) strict;
  create index uptime_of on uptime (app, environment, check_name, n);
  `,
  `
  create table backup (
    app text not null, environment text not null, id text not null,
    -- 'making', 'taken', 'verified', 'failed'
    state text not null, at integer not null, run text,
    record text not null, parts text not null default '[]',
    primary key (app, environment, id)
  ) strict;
  create index backup_of_run on backup (app, environment, run);
  create table restore (
    app text not null, environment text not null, n integer not null, record text not null,
    primary key (app, environment, n)
  ) strict;
  `,
  `
  -- What an environment has once in its life, however often it is released.
  create table bootstrap (
    app text not null, environment text not null, component text not null, step text not null,
    run text not null, at integer not null, output text not null,
    primary key (app, environment, component, step)
  ) strict;
  `,
]
