-- Filled by `seed.js` and by nothing else.
create table templates (
  slug     text primary key,
  position integer not null,
  title    text not null,
  summary  text not null,
  sections jsonb not null
);

-- One row for everything that a template suits: ('consensus', 'size', 'small').
create table template_facets (
  template text not null references templates (slug) on delete cascade,
  facet    text not null,
  value    text not null,
  primary key (template, facet, value)
);
