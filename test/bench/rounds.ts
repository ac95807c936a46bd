/** Sides of a comparison, measured in turn. */
import { median, rounded } from './arithmetic.ts';
import type { Bench, Row } from './measurement.ts';

export type Sides<Name extends string> = Readonly<Record<Name, () => Promise<number>>>;
export type Rounds<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/** A B A B A B: whatever disturbs the machine for a while disturbs all sides. */
export async function interleaved<Name extends string>(
  bench: Bench,
  unit: string,
  sides: Sides<Name>,
): Promise<Rounds<Name>> {
  const names = Object.keys(sides) as Name[]; // the keys of a record of them
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const name of names) {
      bench.signal.throwIfAborted();
      const value = await sides[name]();
      values[name].push(value);
      bench.say(`${name}, round ${round}: ${rounded(value)} ${unit}`);
    }
  }
  return values;
}

/** The median of one side, compared with nothing. */
export function plainRow(name: string, unit: string, values: readonly number[]): Row {
  return { name, value: rounded(median(values)), unit, against: null, ratio: null };
}

/** The median of one side, and the median of its ratio to the other in the same round. */
export function comparedRow(
  name: string,
  unit: string,
  values: readonly number[],
  other: { readonly name: string; readonly values: readonly number[] },
): Row {
  const ratios = values.map((value, round) => value / (other.values[round] ?? Number.NaN));
  return {
    ...plainRow(name, unit, values),
    against: other.name,
    ratio: rounded(median(ratios)),
  };
}
