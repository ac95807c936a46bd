/**
 * Loaded into a process before everything else (`--import`): its wall clock is off by what the file says, which is read
 * again at SIGUSR2, when it writes down what time it takes it to be. The monotonic clock and timers are as ever.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const RealDate = Date;
const path = process.env.SHIFTED_CLOCK_FILE ?? '';
const shift = { milliseconds: read() };

function read(): number {
  return Number(readFileSync(path, 'utf8')) * 1_000;
}

process.on('SIGUSR2', () => {
  shift.milliseconds = read();
  writeFileSync(`${path}.seen`, String(Date.now())); // so that it is known that it has worked
});

const now = () => RealDate.now() + shift.milliseconds;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: (target) => new target(now()).toString(),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
});
