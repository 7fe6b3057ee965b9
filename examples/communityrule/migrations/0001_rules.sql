create table rules (
  id           uuid primary key default gen_random_uuid(),
  slug         text not null unique,
  title        text not null,
  summary      text not null,
  template     text,
  sections     jsonb not null,
  published_at timestamptz not null default now()
);

-- The list is read newest first, a page at a time.
create index rules_by_time on rules (published_at desc, id desc);
