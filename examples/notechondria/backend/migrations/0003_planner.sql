create table planner_events (
  id integer generated always as identity primary key,
  owner_id integer not null references users on delete cascade,
  note_id integer references notes on delete set null,
  title text not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  is_completed boolean not null default false,
  created_at timestamptz not null default now()
);
create index planner_events_owner on planner_events (owner_id, starts_at);

create table calendar_feeds (
  id integer generated always as identity primary key,
  owner_id integer not null references users on delete cascade,
  name text not null,
  url text not null,
  created_at timestamptz not null default now()
);

-- How long somebody was at a note.
create table note_sessions (
  id integer generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  note_id integer not null references notes on delete cascade,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);

create table activity (
  id integer generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  kind text not null,
  what text not null,
  at timestamptz not null default now()
);
create index activity_user on activity (user_id, at desc);
