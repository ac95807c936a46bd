/** One run of the doctor. */
import type { WorkerSettings } from '../config.ts';
import { adoptTargets } from './adopt.ts';
import { examine } from './examine.ts';
import { LOOK_AGAIN_MS } from './look.ts';
import type { DoctorOptions } from './options.ts';
import { planEverything } from './plan.ts';
import { asJson, asText, type Report } from './print.ts';
import { removeTargets } from './remove.ts';
import { openDoctor } from './session.ts';

export interface Outcome {
  readonly text: string;
  /** 0: nothing differs; 1: something does. */
  readonly exitCode: 0 | 1;
}

/** @throws Error where it cannot look */
export async function runDoctor(
  settings: WorkerSettings,
  options: DoctorOptions,
  signal: AbortSignal,
  lookAgainMs = LOOK_AGAIN_MS,
): Promise<Outcome> {
  const changes = options.adopt.length + options.remove.length > 0;
  const access = changes ? 'write' : 'read';
  const ctx = await openDoctor(settings, { access, signal, lookAgainMs });
  try {
    const done = [
      ...(await adoptTargets(ctx, options.adopt, options.name)),
      ...(await removeTargets(ctx, options.remove)),
    ];
    const { differences, partnerless } = await examine(ctx);
    const report: Report = {
      ...(changes ? { done } : {}),
      differences,
      ...(options.orphans ? { orphans: partnerless } : {}),
      ...(options.plan ? { plan: await planEverything(ctx) } : {}),
    };
    const differs = differences.length > 0 || (report.plan ?? []).length > 0;
    return { text: options.json ? asJson(report) : asText(report), exitCode: differs ? 1 : 0 };
  } finally {
    await ctx.close();
  }
}
