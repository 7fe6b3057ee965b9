-- A draft belongs to whoever has the signed cookie with its id.
create table drafts (
  id         uuid primary key default gen_random_uuid(),
  template   text,
  content    jsonb not null,
  updated_at timestamptz not null default now()
);
create index drafts_by_age on drafts (updated_at);
