import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './build.ts';
import { logFile, type ProgramOptions, type RunningProgram, startProgram } from './program.ts';

/** What every part of the control plane is given: the built programs, a directory, and a way to start programs. */
export interface Surroundings {
  readonly binaries: Binaries;
  readonly stateDirectory: string;
  /** Starts a program that `stopAll` ends, however far the start of the rest has come. */
  start(program: Omit<ProgramOptions, 'logDirectory'>): Promise<RunningProgram>;
  /** Ends every program that is still running and resolves when all their processes are gone. */
  stopAll(): Promise<void>;
  /** The last lines that a program wrote. Throws when no program of that name was started. */
  logTail(name: string, lines: number): Promise<string>;
  /** The last lines of the programs that have ended, or else of the one started last: why a start failed. */
  postMortem(): Promise<string>;
  /** What a program has written from byte `offset` on; nothing when it was never started. */
  logFrom(name: string, offset: number): Promise<Buffer>;
}

/** Their data is thrown away, so there is nothing to wait for but a last line of log. */
const stopGraceMs = 500;
const postMortemLines = 15;

export function createSurroundings(binaries: Binaries, stateDirectory: string): Surroundings {
  const logDirectory = join(stateDirectory, 'logs');
  const programs: RunningProgram[] = [];
  let stopped = false;
  const logTail = async (name: string, lines: number) => {
    const text = await readFile(logFile(logDirectory, name), 'utf8');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  };
  return {
    binaries,
    stateDirectory,
    logTail,
    postMortem: async () => {
      const ended = programs.filter((program) => !program.running());
      const subjects = ended.length > 0 ? ended : programs.slice(-1);
      const tails = subjects.map(async ({ name }) => `--- ${name}\n${await logTail(name, postMortemLines)}`);
      return (await Promise.all(tails)).join('\n');
    },
    start: async (options) => {
      const program = await startProgram({ ...options, logDirectory });
      programs.push(program);
      // Parts start side by side: one may still be starting programs when another has failed.
      if (stopped) await program.stop(0);
      return program;
    },
    stopAll: async () => {
      stopped = true;
      // Those that were started last use those that were started first: all at once is quickest, and what the
      // databases hold is thrown away anyway.
      await Promise.all(programs.map((program) => program.stop(stopGraceMs)));
    },
    logFrom: async (name, offset) => {
      const path = logFile(logDirectory, name);
      return existsSync(path) ? (await readFile(path)).subarray(offset) : Buffer.alloc(0);
    },
  };
}
