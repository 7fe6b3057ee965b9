/**
 * What PostgreSQL itself brings along, as far as every major and platform here has it. Languages that need an interpreter beside
 * the server (plperl, plpython, pltcl) are not among them.
 */
export const EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance file_fdw fuzzystrmatch hstore ' +
    'insert_username intagg intarray isn lo ltree moddatetime pageinspect pg_buffercache pg_freespacemap pg_prewarm ' +
    'pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple plpgsql postgres_fdw refint ' +
    'seg sslinfo tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp xml2'
  ).split(' '),
)

/** Of those and of what distributions have, the ones whose library the server must load when it starts. */
export const PRELOADED: ReadonlySet<string> = new Set(['pg_stat_statements', 'pg_cron', 'timescaledb'])
