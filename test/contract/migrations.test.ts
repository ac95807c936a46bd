import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHECKOUT } from '../runner/run-command.ts';
import {
  findLastRelease,
  historyMissing,
  isInHistory,
  listAt,
  type Release,
  readAt,
} from '../support/last-release.ts';
import { findContractions, splitStatements } from './expand-only.ts';

const FOLDER = 'prisma/migrations';

const found: { release?: Release } = {};
beforeAll(async () => {
  const release = await findLastRelease();
  if (release === undefined) throw new Error('docs/releases.md names no release');
  if (!(await isInHistory(release))) throw new Error(historyMissing(release));
  found.release = release;
});

function releaseOf(): Release {
  if (found.release === undefined) throw new Error('the release is found before the tests run');
  return found.release;
}

async function migrationsHere(): Promise<readonly string[]> {
  const names = await readdir(`${CHECKOUT}${FOLDER}`);
  return names
    .filter((name) => /^\d{14}_/.test(name))
    .map((name) => `${FOLDER}/${name}/migration.sql`)
    .sort();
}

describe('the migrations', () => {
  it('of the last release are as they were, and come before those since', async () => {
    const released = await listAt(releaseOf(), FOLDER);
    expect(released.length).toBeGreaterThan(0);
    for (const path of released)
      expect(await readFile(`${CHECKOUT}${path}`, 'utf8'), path).toBe(await readAt(releaseOf(), path));
    expect((await migrationsHere()).slice(0, released.length)).toEqual(released.toSorted());
  });

  it('since the last release take nothing away from its processes', async () => {
    const released = new Set(await listAt(releaseOf(), FOLDER));
    const since = (await migrationsHere()).filter((path) => !released.has(path));
    const texts = await Promise.all(since.map((path) => readFile(`${CHECKOUT}${path}`, 'utf8')));
    expect(findContractions(texts, releaseOf().version)).toEqual([]);
  });
});

describe('a migration', () => {
  const old = 'create table pool (id uuid primary key, first inet)';

  it.each([
    ['makes a table and what belongs to it', `${old}; alter table pool alter column first set not null;`],
    ['makes a table and forces its rows', `${old}; create policy p on pool using (true);`],
    ['adds a column that may be null', 'alter table eip add column note text;'],
    ['adds a column with a default', 'alter table eip add column note text not null default now();'],
    ['adds two columns', 'alter table eip add column a text, add column b int not null default 0;'],
    ['replaces a function', 'create or replace function f() returns void as $$ drop table eip; $$;'],
    ['adds an index', 'create index on eip (note); -- drop table eip'],
    ['says why nobody minds', '-- beside 1.2.3: nobody reads it\ndrop table eip;'],
  ])('only adds when it %s', (_, sql) => {
    expect(findContractions([sql], '1.2.3')).toEqual([]);
  });

  it.each([
    ['drops a table', 'drop table eip;'],
    ['drops a column', 'alter table eip drop column note;'],
    ['adds one and drops another', 'alter table eip add column a text, drop column b;'],
    ['demands a value', 'alter table eip add column note text not null;'],
    ['refuses values', 'alter table eip add column note text unique;'],
    ['renames', 'alter table eip rename column note to notes;'],
    ['changes a type', 'alter table eip alter column note type int;'],
    ['refuses null', 'alter table eip alter column note set not null;'],
    ['adds a constraint', 'alter table eip add constraint c check (note is not null);'],
    ['makes values unique', 'create unique index on eip (note);'],
    ['drops a function', 'drop function create_eip(uuid);'],
    ['takes a right', 'revoke all on eip from netplane_api;'],
    ['changes rows', "update eip set phase = 'ready';"],
    ['adds a trigger', 'create trigger t before insert on eip execute function f();'],
    ['gives a reason for another version', '-- beside 1.2.2: nobody reads it\ndrop table eip;'],
    ['gives the reason to another statement', '-- beside 1.2.3: fine\nselect 1;\ndrop table eip;'],
  ])('takes something away when it %s', (_, sql) => {
    expect(findContractions([sql], '1.2.3')).toHaveLength(1);
  });

  it('is cut at the semicolons that end statements', () => {
    const sql = `create function a() returns text as $x$ begin; end $x$; select ';', "a;b"; /* ; */ select 2;`;
    expect(splitStatements(sql).map(({ text }) => text)).toEqual([
      'create function a() returns text as $x$ begin; end $x$',
      `select ';', "a;b"`,
      'select 2',
    ]);
  });
});
