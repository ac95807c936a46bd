import { hash } from 'node:crypto';
import type { QueryConfig } from 'pg';

/** A statement that never changes its text: prepared once per connection under its name. */
export function statement(name: string, text: string): (...values: unknown[]) => QueryConfig {
  return (...values) => ({ name, text, values });
}

/** A statement whose text depends on the request: prepared under a hash of the text when it recurs. */
export function composed(text: string, values: unknown[], options: { recurs: boolean }): QueryConfig {
  if (!options.recurs) return { text, values };
  return { name: hash('sha1', text, 'hex'), text, values };
}
