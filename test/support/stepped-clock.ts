/**
 * A database whose clock can be set back and forward: everything in it that asks for the time, the functions and defaults
 * of the schema as well as the statements of its clients, asks ours. Only instants move; nobody's waiting does.
 */
import type { Pool } from 'pg';

export interface SteppedClock {
  /** Seconds between the server's clock and this one, from the next statement on. */
  set(seconds: number): Promise<void>;
}

const SCHEMA = 'stepped_clock';

const install = `
create schema ${SCHEMA};
grant usage on schema ${SCHEMA} to public;
create table ${SCHEMA}.step (seconds double precision not null);
insert into ${SCHEMA}.step values (0);
grant select on ${SCHEMA}.step to public;
create function ${SCHEMA}.clock_timestamp() returns timestamptz language sql volatile as
  $$ select pg_catalog.clock_timestamp() + make_interval(secs => (select seconds from ${SCHEMA}.step)) $$;
create function ${SCHEMA}.statement_timestamp() returns timestamptz language sql volatile as
  $$ select pg_catalog.statement_timestamp() + make_interval(secs => (select seconds from ${SCHEMA}.step)) $$;
grant execute on all functions in schema ${SCHEMA} to public;
do $do$
declare v record; definition text;
begin
  for v in select c.oid::regclass as name, array_to_string(c.reloptions, ', ') as options from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
  loop
    definition := pg_get_viewdef(v.name); -- names the functions as this session finds them
    perform set_config('search_path', '${SCHEMA}, pg_catalog, public', true);
    execute format('create or replace view public.%I with (%s) as %s', v.name::text, v.options, definition);
    perform set_config('search_path', 'pg_catalog, public', true);
  end loop;
  for v in select p.oid::regprocedure as name from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proconfig::text like '%search_path=%' and p.prokind = 'f'
  loop
    execute format('alter function %s set search_path = ${SCHEMA}, pg_catalog, public, pg_temp', v.name);
  end loop;
  for v in select c.oid::regclass as name, a.attname, pg_get_expr(d.adbin, d.adrelid) as expression
    from pg_attrdef d join pg_class c on c.oid = d.adrelid
    join pg_attribute a on a.attrelid = c.oid and a.attnum = d.adnum
    where pg_get_expr(d.adbin, d.adrelid) in ('clock_timestamp()', 'statement_timestamp()')
  loop
    execute format('alter table %s alter column %I set default ${SCHEMA}.%s', v.name, v.attname, v.expression);
  end loop;
  execute format('alter database %I set search_path = ${SCHEMA}, pg_catalog, public', current_database());
end $do$;
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()`;

/** Whoever is connected is thrown out, the first time: the clock is part of a session. */
export async function installSteppedClock(superuser: Pool): Promise<SteppedClock> {
  const session = await superuser.connect();
  try {
    const known = await session.query('select from pg_namespace where nspname = $1', [SCHEMA]);
    if (known.rowCount === 0) await session.query(install);
  } finally {
    session.release(true); // it still asks the server's own
  }
  return {
    async set(seconds) {
      await superuser.query(`update ${SCHEMA}.step set seconds = $1`, [seconds]);
    },
  };
}
