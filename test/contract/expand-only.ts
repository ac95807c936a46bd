/**
 * Whether a migration only adds, so that the processes of the last release go on working on the migrated database: new
 * tables and whatever is done to them, new columns that old INSERTs need not name, functions, indexes, grants. Anything
 * else says in a comment on the line before why those processes do not mind:
 *
 *     -- beside 0.1.0: its processes never read this column
 *     alter table eip drop column family;
 */
export interface Statement {
  /** Without comments, white space made single. */
  readonly text: string;
  /** Version and reason of the comment before it. */
  readonly excuse: { readonly version: string; readonly why: string } | null;
}

const EXCUSE = /^-- beside (\d+\.\d+\.\d+): (\S.*)$/m;

/** Heads of statements that take nothing away from anybody. */
const additions = [
  /^create table /,
  /^create index /,
  /^create (or replace )?function /,
  /^create (or replace )?view /,
  /^create sequence /,
  /^create type /,
  /^grant /,
  /^comment on /,
  /^insert into /,
  /^select /,
  /^alter table \S+ set \(/,
  /^alter (index|function) /,
];

const addColumn = /^alter table (?:only )?(\S+) (add column .*)$/;

/** @returns a line for each statement that could stop the processes of that version */
export function findContractions(migrations: readonly string[], version: string): readonly string[] {
  const statements = migrations.flatMap(splitStatements);
  const added = new Set(statements.flatMap(({ text }) => /^create table (\S+)/.exec(text)?.[1] ?? []));
  return statements.flatMap(({ text, excuse }) => {
    if (isAddition(text) || isAbout(added, text)) return [];
    if (excuse === null) return [`${shortened(text)}: the last release may need what this takes away`];
    return excuse.version === version
      ? []
      : [`${shortened(text)}: says why ${excuse.version} does not mind, not ${version}`];
  });
}

function isAddition(text: string): boolean {
  if (additions.some((head) => head.test(text))) return true;
  const columns = addColumn.exec(text)?.[2];
  if (columns === undefined) return false;
  // an old INSERT does not name the column: it has to have a value all the same, and any value has to be good
  return columns
    .split(/, (?=add |drop |alter )/)
    .every(
      (clause) =>
        /^add column /.test(clause) &&
        (!/ not null/.test(clause) || / default | generated /.test(clause)) &&
        !/ (unique|primary key|references) ?/.test(clause),
    );
}

/** Tables of these migrations are nobody's yet. */
function isAbout(tables: ReadonlySet<string>, text: string): boolean {
  const table =
    /^(?:alter table(?: only)?|create (?:unique index|index|trigger|policy)[^(]*? on|update|delete from) (\S+)/.exec(
      text,
    )?.[1];
  return table !== undefined && tables.has(table);
}

/** Bodies in dollar quotes and strings keep their semicolons. */
export function splitStatements(sql: string): readonly Statement[] {
  const statements: Statement[] = [];
  const token =
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|;|[^;'"$/-]+|[\s\S]/g;
  let text = '';
  let comments = '';
  for (const [part] of sql.matchAll(token)) {
    if (part.startsWith('--')) comments += `${part}\n`;
    else if (part.startsWith('/*')) comments += '';
    else if (part !== ';') text += part;
    else {
      statements.push(statementOf(text, comments));
      text = '';
      comments = '';
    }
  }
  if (text.trim() !== '') statements.push(statementOf(text, comments));
  return statements;
}

function statementOf(text: string, comments: string): Statement {
  const [, version, why] = EXCUSE.exec(comments) ?? [];
  return {
    text: text.trim().replaceAll(/\s+/g, ' ').toLowerCase(),
    excuse: version === undefined || why === undefined ? null : { version, why },
  };
}

const SHOWN = 100;

function shortened(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
