/**
 * Objects on disk as JSON lines, one per committed write, written before the write is answered. A process may be
 * killed at any instruction: the operating system keeps what was written, and a line cut short is dropped when the
 * journal is read. It is rewritten to the live objects at start and whenever it has grown to several times their
 * size. (It is not flushed to the disk itself: a power cut may lose the last seconds.)
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FieldManager, FieldSet, FieldSetPool } from '../ownership/field-set.ts';
import { keyOfObject, type ObjectKey, type SimObject } from '../sim-object.ts';
import type { Stored } from './collection.ts';

type JournalEntry =
  | { readonly put: Stored; readonly kind: string; readonly resourceVersion: number }
  | { readonly remove: ObjectKey; readonly kind: string; readonly resourceVersion: number };

export interface Journal {
  append(entry: JournalEntry): void;
  /** Whether it has outgrown the objects; then `rewrite` with all of them. */
  readonly isOversized: boolean;
  rewrite(resourceVersion: number, objects: Iterable<Stored>): void;
  close(): void;
}

export interface LoadedJournal {
  readonly resourceVersion: number;
  readonly objects: readonly Stored[];
}

/** Nothing is kept: the simulator without a directory. */
export const memoryOnly: Journal = {
  append: () => {},
  isOversized: false,
  rewrite: () => {},
  close: () => {},
};

const FILE = 'objects.jsonl';
const FORMAT = 1;
const REWRITE_FROM_BYTES = 64 * 1024 * 1024;
const REWRITE_AT_FACTOR = 4;

type Line =
  | { readonly format: number; readonly rv: number }
  | { readonly set: number; readonly paths: readonly string[] }
  | { readonly rv: number; readonly o: SimObject; readonly m: readonly ManagerLine[] }
  | { readonly rv: number; readonly kind: string; readonly remove: ObjectKey };
type ManagerLine = readonly [
  FieldManager['manager'],
  FieldManager['operation'],
  FieldManager['subresource'],
  number,
];

/** Reads what a directory holds (nothing is fine). Throws when a line other than the last is not one of ours. */
export function loadJournal(directory: string, pool: FieldSetPool): LoadedJournal {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, FILE);
  if (!existsSync(path)) return { resourceVersion: 0, objects: [] };
  const text = readFileSync(path, 'utf8');
  const objects = new Map<string, Stored>();
  const sets = new Map<number, FieldSet>();
  let resourceVersion = 0;
  // What follows the last newline is a line that was being written when the process died.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  for (const [index, raw] of lines.entries()) {
    if (raw === '') continue;
    const line = parseLine(raw, `${path}:${index + 1}`);
    if ('rv' in line) resourceVersion = Math.max(resourceVersion, line.rv);
    if ('set' in line) sets.set(line.set, pool.intern(line.paths));
    else if ('o' in line) objects.set(placeOf(line.o.kind, keyOfObject(line.o)), storedOf(line, sets));
    else if ('remove' in line) objects.delete(placeOf(line.kind, line.remove));
  }
  return { resourceVersion, objects: [...objects.values()] };
}

/** Opens the directory's journal for writing, rewritten to the given objects. */
export function openJournal(directory: string, loaded: LoadedJournal): Journal {
  const path = join(directory, FILE);
  let file = -1;
  let size = 0;
  let rewrittenSize = 0;
  let known = new Set<number>();

  const write = (text: string): void => {
    const bytes = Buffer.from(text);
    const at = size;
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(file, bytes, done, bytes.length - done, at + done);
      size += bytes.length;
    } catch (error) {
      ftruncateSync(file, at); // a full disk leaves half a line, and the next one would be glued to it
      throw error;
    }
  };

  const journal: Journal = {
    get isOversized() {
      return size > REWRITE_FROM_BYTES && size > rewrittenSize * REWRITE_AT_FACTOR;
    },
    append: (entry) => write(linesOf(entry, known)),
    rewrite: (resourceVersion, objects) => {
      const replacement = `${path}.new`;
      const previous = { file, size, known };
      file = openSync(replacement, 'w');
      size = 0;
      known = new Set();
      try {
        write(`${JSON.stringify({ format: FORMAT, rv: resourceVersion } satisfies Line)}\n`);
        for (const stored of objects) {
          const version = Number(stored.object.metadata.resourceVersion);
          write(linesOf({ put: stored, kind: stored.object.kind, resourceVersion: version }, known));
        }
        fsyncSync(file);
        renameSync(replacement, path);
      } catch (error) {
        closeSync(file);
        ({ file, size, known } = previous); // what was written before is still there and goes on
        throw error;
      }
      if (previous.file !== -1) closeSync(previous.file);
      rewrittenSize = size;
    },
    close: () => {
      if (file !== -1) closeSync(file);
      file = -1;
    },
  };
  journal.rewrite(loaded.resourceVersion, loaded.objects);
  return journal;
}

function linesOf(entry: JournalEntry, known: Set<number>): string {
  if ('remove' in entry) {
    return `${JSON.stringify({ rv: entry.resourceVersion, kind: entry.kind, remove: entry.remove } satisfies Line)}\n`;
  }
  const { object, managers } = entry.put;
  const lines: Line[] = [];
  for (const { fields } of managers) {
    if (known.has(fields.id)) continue;
    known.add(fields.id);
    lines.push({ set: fields.id, paths: [...fields.paths] });
  }
  const m = managers.map(
    ({ manager, operation, subresource, fields }): ManagerLine => [
      manager,
      operation,
      subresource,
      fields.id,
    ],
  );
  lines.push({ rv: entry.resourceVersion, o: object, m });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function storedOf(
  line: { o: SimObject; m: readonly ManagerLine[] },
  sets: ReadonlyMap<number, FieldSet>,
): Stored {
  const managers = line.m.flatMap(([manager, operation, subresource, set]) => {
    const fields = sets.get(set);
    return fields === undefined ? [] : [{ manager, operation, subresource, fields }];
  });
  return { object: line.o, managers };
}

function parseLine(raw: string, place: string): Line {
  try {
    const line: Line = JSON.parse(raw);
    if (!('format' in line) || line.format === FORMAT) return line;
  } catch (cause) {
    throw new Error(`${place} is damaged; delete the directory to start with an empty cluster`, { cause });
  }
  throw new Error(
    `${place} was written by another version; delete the directory to start with an empty cluster`,
  );
}

function placeOf(kind: string, key: ObjectKey): string {
  return `${kind} ${key}`;
}
