create table users (
  id integer generated always as identity primary key,
  username text not null unique,
  email text not null,
  -- Without one, the account is only reached through Google or GitHub, or not at all.
  password text,
  is_admin boolean not null default false,
  is_verified boolean not null default false,
  settings jsonb not null default '{}',
  api_key_hash text unique,
  api_key_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

create table sessions (
  id integer generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  key_hash text not null unique,
  device text not null,
  user_agent text not null,
  ip_hash text not null,
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now()
);
create index sessions_user on sessions (user_id);

-- Codes that were sent by mail; one of each kind at a time.
create table codes (
  user_id integer not null references users on delete cascade,
  purpose text not null,
  code_hash text not null,
  attempts integer not null default 0,
  expires_at timestamptz not null,
  primary key (user_id, purpose)
);

create table social_accounts (
  user_id integer not null references users on delete cascade,
  provider text not null,
  subject text not null,
  label text not null,
  created_at timestamptz not null default now(),
  primary key (provider, subject),
  unique (user_id, provider)
);
