/** What a measurement is given and what it answers. `measurements.ts` lists them all. */
import type { PostgresServer } from '../../apps/sandbox/src/postgres/server.ts';

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it was measured against, in the same rounds. */
  readonly against: string | null;
  /** The median over the rounds of this divided by that. */
  readonly ratio: number | null;
}

export interface Measurement {
  /** Names of the rows that it yields; `--only` selects by any of them. */
  readonly rows: readonly string[];
  readonly isQuick: boolean;
  readonly needs: 'database' | 'simulator' | 'control-plane';
  /** Answers exactly the rows that are wanted. */
  measure(bench: Bench): Promise<readonly Row[]>;
}

export interface Bench {
  /** Less of the same, for an answer within two minutes: shorter rounds and smaller tables, never other work. */
  readonly isQuick: boolean;
  /** Each side of a comparison is measured this often, in turn: A B A B A B. */
  readonly rounds: number;
  /** For files; removed at the end. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Whether this row was asked for; work for others may be left out. */
  wants(row: string): boolean;
  /** One line of progress for people; nothing with `--json`. */
  say(text: string): void;
  /** The run's PostgreSQL, with the durability that the sandbox has; started when it is first asked for. */
  postgres(): Promise<PostgresServer>;
}
