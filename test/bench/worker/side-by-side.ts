/** `work` for every number below `count`, never more than `concurrency` at once. */
export async function sideBySide(
  count: number,
  concurrency: number,
  work: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const hand = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      await work(number);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, hand));
}
