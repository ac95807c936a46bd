import { readFileSync, writeFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKOUT } from '../runner/run-command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { dumpSchema } from './schema-dump.ts';

const GOLDEN = `${CHECKOUT}prisma/schema.sql`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('the migrated database', () => {
  it('is the one in prisma/schema.sql', async () => {
    const dump = await dumpSchema(database.owner);
    if (process.env.GOLDEN === 'write') writeFileSync(GOLDEN, dump);
    expect(dump).toBe(readFileSync(GOLDEN, 'utf8'));
  });

  it('is the one in prisma/schema.prisma: tables, columns, types and what may be null', async () => {
    const described = describedColumns(readFileSync(`${CHECKOUT}prisma/schema.prisma`, 'utf8'));
    expect(described.length).toBeGreaterThan(200);
    expect(described).toEqual(await columnsOf(database.owner));
  });
});

/** `table.column type`, and ` null` where it may be; all but the migrations' own list. */
async function columnsOf(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `select format('%s.%s %s%s', c.relname, a.attname, format_type(a.atttypid, null),
       case when a.attnotnull then '' else ' null' end) as line
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
       and c.relname <> 'schema_migration'`,
  );
  return rows.map(({ line }) => line).sort();
}

/** Prisma's scalar types without a native one, as PostgreSQL's. */
const scalars: Readonly<Record<string, string>> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Boolean: 'boolean',
  Bytes: 'bytea',
  Json: 'jsonb',
};
const natives: Readonly<Record<string, string>> = {
  Timestamptz: 'timestamp with time zone',
  Uuid: 'uuid',
  Inet: 'inet',
  Json: 'json',
  Integer: 'integer',
  Char: 'character',
};

/** Reads what `prisma format` leaves: one field a line, `name Type modifiers`. */
function describedColumns(schema: string): readonly string[] {
  const models = [...schema.matchAll(/^model \w+ \{\n([\s\S]*?)^\}/gm)].map(([, body = '']) => body);
  return models
    .flatMap((body) => {
      const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '';
      const fields = [...body.matchAll(/^ {2}(\w+) +(\w+(?:\("[^"]+"\))?)(\[\])?(\?)?(.*)$/gm)];
      return fields.map(([, name = '', type = '', list, optional, rest = '']) => {
        const column = /@map\("(\w+)"\)/.exec(rest)?.[1] ?? name;
        const native = /@db\.(\w+)/.exec(rest)?.[1];
        const unsupported = /^Unsupported\("([^"]+)"\)$/.exec(type)?.[1];
        const plain =
          unsupported ?? natives[native ?? ''] ?? scalars[type] ?? `unknown type ${type} ${native}`;
        return `${table}.${column} ${plain}${list ?? ''}${optional === undefined ? '' : ' null'}`;
      });
    })
    .sort();
}
