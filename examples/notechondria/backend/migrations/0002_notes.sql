create table courses (
  id integer generated always as identity primary key,
  owner_id integer not null references users on delete cascade,
  title text not null,
  description text not null default '',
  is_default boolean not null default false,
  is_public boolean not null default false,
  position integer not null default 0,
  created_at timestamptz not null default now()
);
create unique index courses_default on courses (owner_id) where is_default;

create table subscriptions (
  user_id integer not null references users on delete cascade,
  course_id integer not null references courses on delete cascade,
  primary key (user_id, course_id)
);

create table notes (
  id integer generated always as identity primary key,
  uuid uuid not null unique default gen_random_uuid(),
  owner_id integer not null references users on delete cascade,
  course_id integer not null references courses on delete cascade,
  title text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- In the recycle bin since then.
  deleted_at timestamptz
);
create index notes_course on notes (course_id);
create index notes_owner on notes (owner_id, updated_at desc);

create table blocks (
  id integer generated always as identity primary key,
  note_id integer not null references notes on delete cascade,
  kind text not null,
  text text not null,
  position integer not null
);
create index blocks_note on blocks (note_id, position);

create table versions (
  note_id integer not null references notes on delete cascade,
  number integer not null,
  title text not null,
  blocks jsonb not null,
  created_at timestamptz not null default now(),
  primary key (note_id, number)
);

create table attachments (
  id integer generated always as identity primary key,
  note_id integer not null references notes on delete cascade,
  name text not null,
  type text not null,
  size integer not null,
  key text not null unique,
  created_at timestamptz not null default now()
);
create index attachments_note on attachments (note_id);
