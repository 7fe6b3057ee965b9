-- Every instance hears of every published rule, whichever instance wrote it: during a release there are two.
create function tell_rule_published() returns trigger language plpgsql as $$
begin
  perform pg_notify('rule_published', json_build_object('slug', new.slug, 'title', new.title, 'summary', new.summary)::text);
  return null;
end
$$;

create trigger rule_published after insert on rules for each row execute function tell_rule_published();
