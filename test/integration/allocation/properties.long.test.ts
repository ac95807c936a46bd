/** Whatever is asked for in whatever order: counters equal rows, addresses are one holder's, intervals have no gap. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { organizationBody } from '../../support/builders/organization.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { quotaBody } from '../../support/builders/quota.builder.ts';
import { createLoadedRange } from '../../support/world.ts';
import { addressState, differences, intervalsOf } from '../support/ledger.ts';
import { useStage } from '../support/stage.ts';
import type { EipView, Page, Problem, ProjectView, QuotaView, View } from '../support/views.ts';
import { useWorker } from '../support/worker.ts';

const RUNS = 20;
const STEPS_MAX = 30;
const ADDRESSES = 4;
const LIMITS = {
  DEFAULT_QUOTA_CLOUD_EIPS: '5',
  DEFAULT_QUOTA_PUBLIC_EIPS: '50',
  DEFAULT_QUOTA_PROJECTS: '5',
};

const stage = useStage({ environment: LIMITS });
const worker = useWorker(stage);

type Step =
  | { readonly do: 'create'; readonly organization: number; readonly address: number | null }
  | { readonly do: 'delete' | 'finish' | 'label'; readonly eip: number }
  | { readonly do: 'rest' };

const index = fc.nat({ max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      organization: fc.nat({ max: 1 }),
      address: fc.option(fc.nat({ max: ADDRESSES })), // one of them is outside
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), eip: index }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('finish' as const), eip: index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('label' as const), eip: index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rest' as const) }) },
);

/** What the tests know of an EIP that was made. */
interface Known {
  readonly eip: EipView;
  readonly organization: number;
  state: 'held' | 'releasing' | 'resting' | 'free';
  splits: number;
}

interface Play {
  readonly network: string;
  readonly block: string;
  readonly organizations: readonly View[];
  readonly projects: readonly ProjectView[];
  readonly known: Known[];
}

let plays = 0;

/** A network of few addresses and two organizations with a project each, nobody else's. */
async function newPlay(): Promise<Play> {
  plays += 1;
  const block = `100.${100 + plays}.0`;
  const network = await stage.api.must<View>('POST', '/v1/external-networks', {
    body: externalNetworkBody(stage.world.clusterId, `${block}.0/24`),
  });
  const span = { first: `${block}.10`, last: `${block}.${9 + ADDRESSES}` };
  await createLoadedRange(stage.api, stage.database, network.id, span);
  const organizations: View[] = [];
  const projects: ProjectView[] = [];
  for (let n = 0; n < 2; n += 1) {
    const organization = await stage.api.must<View>('POST', '/v1/organizations', {
      body: organizationBody(),
    });
    organizations.push(organization);
    const body = projectBody(organization.id);
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', { body });
    projects.push(project);
    const limit = { project_id: project.id, network_type: 'cloud', limit: 4 } as const;
    await stage.api.must('POST', '/v1/quotas', { body: quotaBody(organization.id, limit) });
  }
  return { network: network.id, block, organizations, projects, known: [] };
}

async function take(play: Play, step: Step): Promise<void> {
  switch (step.do) {
    case 'create':
      return create(play, step.organization, step.address);
    case 'delete':
      return onKnown(play, step.eip, ['held'], async (known) => {
        await stage.api.must('DELETE', `/v1/eips/${known.eip.id}`);
        known.state = 'releasing';
      });
    case 'finish':
      return onKnown(play, step.eip, ['releasing'], async (known) => {
        await worker.finish('eip', known.eip.id);
        known.state = 'resting';
      });
    case 'label':
      return onKnown(play, step.eip, ['held'], async (known) => {
        known.splits += 1;
        const body = { labels: { split: String(known.splits) } };
        await stage.api.must('PATCH', `/v1/eips/${known.eip.id}`, { body });
      });
    case 'rest':
      await worker.endQuarantine(play.network);
      for (const known of play.known) if (known.state === 'resting') known.state = 'free';
  }
}

async function onKnown(
  play: Play,
  wanted: number,
  states: readonly Known['state'][],
  work: (known: Known) => Promise<void>,
): Promise<void> {
  const candidates = play.known.filter(({ state }) => states.includes(state));
  const known = candidates[wanted % Math.max(candidates.length, 1)];
  if (known !== undefined) await work(known);
}

/** What may be answered follows from what is known: nothing else is. */
async function create(play: Play, organization: number, wanted: number | null): Promise<void> {
  const address = wanted === null ? undefined : `${play.block}.${10 + wanted}`;
  const project = play.projects[organization]?.id ?? '';
  const body = eipBody(project, { network: play.network, ...(address && { address }) });
  const answer = await stage.api.call<EipView | Problem>('POST', '/v1/eips', { body });
  if (answer.status !== 201) {
    expect((answer.body as Problem).code).toBe(expectedRefusal(play, organization, address));
    return;
  }
  expect(expectedRefusal(play, organization, address)).toBeUndefined();
  const eip = answer.body as EipView; // 201 is an EIP
  expect(mayHave(play, organization, eip.address)).toBe(true);
  if (address !== undefined) expect(eip.address).toBe(address);
  // what rests was last held by its new holder: it is taken back
  for (const known of play.known) if (known.eip.address === eip.address) known.state = 'free';
  play.known.push({ eip, organization, state: 'held', splits: 0 });
}

function mayHave(play: Play, organization: number, address: string): boolean {
  const last = play.known.findLast(({ eip, state }) => eip.address === address && state !== 'free');
  return last === undefined || (last.state === 'resting' && last.organization === organization);
}

function expectedRefusal(play: Play, organization: number, address: string | undefined): string | undefined {
  const addresses = Array.from({ length: ADDRESSES }, (_, n) => `${play.block}.${10 + n}`);
  const bound = play.known.filter(
    (known) => known.organization === organization && (known.state === 'held' || known.state === 'releasing'),
  ).length;
  if (bound + 1 >= 4) return 'quota_exceeded'; // the project's limit of 4, with its gateway EIP
  if (address !== undefined && !addresses.includes(address)) return 'address_out_of_range';
  if (address !== undefined) return mayHave(play, organization, address) ? undefined : 'address_in_use';
  return addresses.some((each) => mayHave(play, organization, each)) ? undefined : 'pool_exhausted';
}

async function expectInvariants(play: Play): Promise<void> {
  expect(await differences(stage.database)).toEqual([]);
  const held = play.known.filter(({ state }) => state === 'held' || state === 'releasing');
  expect(new Set(held.map(({ eip }) => eip.address)).size).toBe(held.length);
  for (const { id } of play.organizations) {
    const { items } = await stage.api.must<Page<QuotaView>>('GET', `/v1/quotas?organization_id=${id}`);
    expect(items.filter(({ used, limit }) => used > limit)).toEqual([]);
  }
  for (const known of play.known) await expectIntervals(play, known);
}

/** One after the other from the create to the DELETE, each with an end but the last of what is held. */
async function expectIntervals(play: Play, { eip, state, splits }: Known): Promise<void> {
  const intervals = await intervalsOf(stage.database, eip.id);
  expect(intervals).toHaveLength(1 + splits);
  for (const [at, interval] of intervals.entries()) {
    const next = intervals[at + 1];
    if (next !== undefined) expect(interval.ended_at).toBe(next.started_at);
    expect(interval.end_reason).toBe(
      next === undefined ? (state === 'held' ? null : 'never_provisioned') : 'labels_changed',
    );
  }
  if (state === 'held')
    expect(await addressState(stage.database, play.network, eip.address)).toBe('allocated');
  if (state === 'releasing')
    expect(await addressState(stage.database, play.network, eip.address)).toBe('releasing');
}

describe('EIPs of two organizations in one small pool', () => {
  it('are given, refused and taken back by the rules, in whatever order that is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: STEPS_MAX, size: 'max' }), async (steps) => {
        const play = await newPlay();
        for (const each of steps) await take(play, each);
        await expectInvariants(play);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});
