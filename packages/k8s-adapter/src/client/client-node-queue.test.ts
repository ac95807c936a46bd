import { expect, test, vi } from 'vitest';
import { EventQueue } from './client-node-queue.ts';

const collect = async (queue: EventQueue<number>): Promise<number[]> => {
  const seen: number[] = [];
  for await (const event of queue) seen.push(event);
  return seen;
};

test('delivers in order what was pushed before and after somebody waited', async () => {
  const queue = new EventQueue<number>(() => {});
  queue.push(1);
  const seen = collect(queue);
  queue.push(2);
  queue.push(3);
  queue.end();
  expect(await seen).toEqual([1, 2, 3]);
});

test('throws its error after the events that came before it, and once only', async () => {
  const queue = new EventQueue<number>(() => {});
  queue.push(1);
  queue.fail(new Error('broken'));
  expect(await queue.next()).toEqual({ done: false, value: 1 });
  await expect(queue.next()).rejects.toThrow('broken');
  expect((await queue.next()).done).toBe(true);
});

test('ends a pending next at once when it is left, and closes once', async () => {
  const close = vi.fn();
  const queue = new EventQueue<number>(close);
  const pending = queue.next();
  await queue.return();
  queue.end();
  queue.fail(new Error('late'));
  expect((await pending).done).toBe(true);
  expect(close).toHaveBeenCalledTimes(1);
});

test('drops what nobody took when it is left', async () => {
  const queue = new EventQueue<number>(() => {});
  queue.push(1);
  await queue.return();
  queue.push(2);
  expect((await queue.next()).done).toBe(true);
});

test('says when its events have been taken', async () => {
  const drained = vi.fn();
  const queue = new EventQueue<number>(() => {}, drained);
  queue.push(1);
  queue.push(2);
  await queue.next();
  expect(drained).not.toHaveBeenCalled();
  await queue.next();
  expect(drained).toHaveBeenCalledTimes(1);
});
