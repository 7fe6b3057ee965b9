-- The bytes are files in UPLOAD_ROOT, each under its id.
create table uploads (
  id         uuid primary key,
  owner      uuid not null references people (id) on delete cascade,
  name       text not null,
  type       text not null,
  size       integer not null,
  created_at timestamptz not null default now()
);

alter table drafts add column photo uuid references uploads (id) on delete set null;
alter table rules add column photo uuid references uploads (id) on delete set null;
