/** The statement that a backslash command stands for; `undefined` where there is no such command. */
export function statementOf(line: string): { sql: string; values: string[] } | undefined {
  const [command = '', name] = line.trim().replace(/;$/, '').split(/\s+/)
  if (command === '\\dt' || (command === '\\d' && name === undefined)) return { sql: TABLES, values: [] }
  if (command === '\\d' && name !== undefined) return { sql: COLUMNS, values: [name] }
  if (command === '\\du') return { sql: ROLES, values: [] }
  if (command === '\\dx') return { sql: EXTENSIONS, values: [] }
  return undefined
}

export const HELP = `  select …;    a statement ends with a semicolon, over as many lines as it takes
  \\dt          tables and views
  \\d <table>   its columns
  \\du  \\dx     roles, extensions
  \\q           leave
`

const TABLES = `select n.nspname as schema, c.relname as name,
  case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
    when 'S' then 'sequence' else 'foreign table' end as type,
  pg_get_userbyid(c.relowner) as owner, pg_size_pretty(pg_total_relation_size(c.oid)) as size
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'
order by 1, 2`

const COLUMNS = `select a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
  case when a.attnotnull then 'not null' else '' end as nullable, pg_get_expr(d.adbin, d.adrelid) as default
from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`

const ROLES = `select rolname as role, rolsuper as superuser, rolcanlogin as login from pg_roles where rolname !~ '^pg_' order by 1`

const EXTENSIONS = 'select extname as name, extversion as version from pg_extension order by 1'
