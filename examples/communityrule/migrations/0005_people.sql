-- Nobody has a password. A link or a session is known by a keyed digest of its token alone.
create table people (
  id         uuid primary key default gen_random_uuid(),
  email      text not null unique,
  created_at timestamptz not null default now()
);

create table sign_in_links (
  hash    bytea primary key,
  email   text not null,
  made_at timestamptz not null default now(),
  used_at timestamptz
);
create index sign_in_links_by_age on sign_in_links (made_at);

create table sessions (
  hash    bytea primary key,
  person  uuid not null references people (id) on delete cascade,
  made_at timestamptz not null default now()
);
create index sessions_by_age on sessions (made_at);

-- Of somebody who signed in: one each, on every device. Without an owner it is the browser's, as before.
alter table drafts add column owner uuid references people (id) on delete cascade;
create unique index drafts_by_owner on drafts (owner) where owner is not null;
