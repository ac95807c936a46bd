/** A database's schema as text, from PostgreSQL's own catalogs: what `prisma/schema.sql` holds. */
import type { Pool } from 'pg';

/** Each statement answers lines of text in a stable order; the sections follow each other in the file. */
const sections: readonly (readonly [title: string, sql: string])[] = [
  [
    'Roles',
    `select format('-- %s%s%s%s', rolname, case when rolcanlogin then ' login' else '' end,
       case when rolbypassrls then ' bypassrls' else '' end,
       coalesce(' member of ' || (select string_agg(g.rolname, ', ' order by g.rolname) from pg_auth_members m
         join pg_roles g on g.oid = m.roleid where m.member = r.oid), '')) as line
     from pg_roles r where rolname like 'netplane%' order by rolname`,
  ],
  [
    'Extensions',
    `select format('create extension %s;', extname) as line from pg_extension where extname <> 'plpgsql' order by 1`,
  ],
  [
    'Tables',
    `select format(E'create table %I (\\n%s\\n)%s;%s', c.relname,
       (select string_agg(format('  %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
          case when a.attcollation <> 0 and a.attcollation <> t.typcollation
               then format(' collate %I', (select collname from pg_collation where oid = a.attcollation)) else '' end,
          case when a.attidentity <> '' then ' generated always as identity'
               else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end,
          case when a.attnotnull then ' not null' else '' end), E',\\n' order by a.attnum)
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
       coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', ''),
       case when c.relforcerowsecurity then ' -- row-level security, forced' else '' end) as line
     from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by c.relname`,
  ],
  [
    'Constraints',
    `select format('alter table %I add constraint %I %s;', c.relname, k.conname, pg_get_constraintdef(k.oid)) as line
     from pg_constraint k join pg_class c on c.oid = k.conrelid
     where c.relnamespace = 'public'::regnamespace and k.contype <> 'n' order by c.relname, k.conname`,
  ],
  [
    'Indexes',
    `select pg_get_indexdef(i.indexrelid) || ';' as line
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = 'public'::regnamespace
       and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
     order by c.relname`,
  ],
  [
    'Views',
    `select format(E'create view %I%s as\\n%s', c.relname,
       coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', ''), pg_get_viewdef(c.oid, true)) as line
     from pg_class c where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace order by c.relname`,
  ],
  [
    'Functions',
    `select rtrim(pg_get_functiondef(p.oid), E'\\n') || ';' as line
     from pg_proc p where p.pronamespace = 'public'::regnamespace
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
     order by p.proname, pg_get_function_identity_arguments(p.oid)`,
  ],
  [
    'Triggers',
    `select pg_get_triggerdef(t.oid) || ';' as line from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where not t.tgisinternal and c.relnamespace = 'public'::regnamespace order by c.relname, t.tgname`,
  ],
  [
    'Policies',
    `select format('create policy %I on %I for %s to %s using (%s)%s;', policyname, tablename, lower(cmd),
       array_to_string(roles, ', '), qual, coalesce(' with check (' || with_check || ')', '')) as line
     from pg_policies where schemaname = 'public' order by tablename, policyname`,
  ],
  [
    'Grants on tables and views',
    `select format('grant %s on %I to %I;', string_agg(lower(privilege_type), ', ' order by privilege_type),
       table_name, grantee) as line
     from information_schema.role_table_grants
     where table_schema = 'public' and grantee like 'netplane%' and grantee <> 'netplane_owner'
     group by table_name, grantee order by table_name, grantee`,
  ],
  [
    'Grants on columns',
    `select format('grant %s (%s) on %I to %I;', lower(g.privilege_type),
       string_agg(g.column_name, ', ' order by g.column_name), g.table_name, g.grantee) as line
     from information_schema.role_column_grants g
     where g.table_schema = 'public' and g.grantee like 'netplane%' and g.grantee <> 'netplane_owner'
       and not exists (select from information_schema.role_table_grants t
         where t.table_schema = 'public' and t.table_name = g.table_name and t.grantee = g.grantee
           and t.privilege_type = g.privilege_type)
     group by g.table_name, g.grantee, g.privilege_type order by g.table_name, g.grantee, g.privilege_type`,
  ],
  [
    'Grants on functions',
    `select format('grant execute on function %I to %s;', routine_name,
       string_agg(grantee, ', ' order by grantee)) as line
     from information_schema.role_routine_grants
     where routine_schema = 'public' and grantee <> 'netplane_owner' and grantee like any (array['netplane%', 'PUBLIC'])
       and specific_name not in (
         select p.proname || '_' || p.oid from pg_proc p join pg_depend d on d.objid = p.oid and d.deptype = 'e')
     group by routine_name order by routine_name`,
  ],
];

export async function dumpSchema(pool: Pool): Promise<string> {
  const parts: string[] = [
    '-- The schema after every migration, written by npm run golden. Read it; change migrations.',
  ];
  for (const [title, sql] of sections) {
    const { rows } = await pool.query<{ line: string }>(sql);
    parts.push(`-- ${title}`, ...rows.map(({ line }) => line.replace(/[ \t]+$/gm, '')));
  }
  return `${parts.join('\n\n')}\n`;
}
