/**
 * Golden cases of builders and status mappers: `packages/k8s-adapter/src/<kind>/testdata/<sentence>.in.yaml`
 * is the whole input,
 * `<sentence>.out.yaml` everything that comes out of it. `npm run golden` writes the outputs; review the difference.
 */
import {
  type Action,
  adoptedSubnetDiffers,
  buildCluster,
  buildEip,
  buildExcludePatch,
  buildExternalNetwork,
  buildProject,
  type ClusterValues,
  clusterOwner,
  clusterSlots,
  type Derived,
  type DesiredObject,
  decidePhase,
  deriveCluster,
  deriveEip,
  deriveExternalNetwork,
  deriveIpRange,
  deriveProject,
  type EipValues,
  type ExternalNetworkValues,
  eipOwner,
  eipSlots,
  externalNetworkOwner,
  externalNetworkSlots,
  incarnationName,
  isExcluded,
  type KubeObject,
  type OwnedRow,
  type Owner,
  type ProjectDiagnosis,
  type ProjectValues,
  planActions,
  projectOwner,
  projectSlots,
  type Situation,
  type Slot,
  type SlotOutcome,
} from '@netplane/k8s-adapter';

export interface GoldenInput<Values> {
  /** What `load` gathered. */
  readonly values: Values;
  /** Slots with a row: `uid` as recorded, `null` where the answer of the POST is missing. */
  readonly rows?: Readonly<Record<string, string | null>>;
  readonly adopted?: readonly string[];
  readonly seen?: Readonly<Record<string, KubeObject>>;
  /** What became of slots, where the pass did something. */
  readonly outcomes?: readonly SlotOutcome[];
  readonly isOverdue?: boolean;
  readonly wasReady?: boolean;
  readonly diagnosis?: ProjectDiagnosis;
  readonly holder?: string;
  readonly now?: string;
}

interface Parts {
  readonly owner: Owner;
  readonly slots: readonly Slot[];
  readonly build: (situation: Situation) => readonly DesiredObject[];
  readonly derive: (pass: PassInput) => Derived;
  readonly isDeleting: boolean;
}

interface PassInput {
  readonly outcomes: ReadonlyMap<string, SlotOutcome>;
  readonly seen: ReadonlyMap<string, KubeObject>;
}

type Input = GoldenInput<never>;
type PartsOf = (input: Input) => Parts;

const kinds: Readonly<Record<string, PartsOf>> = {
  cluster: clusterParts,
  'external-network': externalNetworkParts,
  project: projectParts,
  eip: eipParts,
};

/** Everything that comes out of one input, as plain data for YAML. */
export function runGolden(kind: string, input: Input): object {
  if (kind === 'ip-range') return runIpRange(input);
  const partsOf = kinds[kind];
  if (partsOf === undefined) throw new TypeError(`no golden cases for ${kind}`);
  const parts = partsOf(input);
  const seen = new Map(Object.entries(input.seen ?? {}));
  const situation: Situation = { seen, nameOf: (slot) => nameOf(parts.slots, slot) };
  const desired = parts.build(situation);
  const rows = Object.entries(input.rows ?? {}).map(([slot, uid], index) =>
    rowOf(parts.slots, slot, uid, index, input),
  );
  const actions = planActions({ ...parts, desired, rows, seen, now: input.now ?? '2026-01-01T00:00:00Z' });
  const outcomes = new Map(
    (input.outcomes ?? actions.flatMap(presentOutcome)).map((each) => [each.slot, each]),
  );
  const derived = parts.derive({ outcomes, seen });
  const phase = decidePhase(derived, { isDeleting: parts.isDeleting, wasReady: input.wasReady ?? false });
  return {
    desired: desired.map(({ slot, presence, hold, object }) =>
      presence === 'ensure' && hold === null ? { slot, object } : { slot, presence, hold },
    ),
    actions: actions.map((action) => `${action.do} ${slotOf(action)}`),
    status: {
      phase,
      conditions: derived.conditions.map(({ type, status, reason, waiting_on, params, operator_detail }) => ({
        ...{ type, status, reason, waiting_on },
        ...(Object.keys(params).length === 0 ? {} : { params }),
        ...(operator_detail === undefined ? {} : { operator_detail }),
      })),
    },
  };
}

/** What a pass would report of slots in which it had nothing to do. */
function presentOutcome(action: Action): readonly SlotOutcome[] {
  switch (action.do) {
    case 'nothing':
      return [{ slot: action.slot, state: 'present', object: action.seen }];
    case 'hold':
      return [
        { slot: action.desired.slot, state: action.wasThere ? 'missing' : 'held', hold: action.desired.hold },
      ];
    case 'conflict':
      return [{ slot: action.slot, state: 'conflict', object: action.seen }];
    case 'adopt':
      return [{ slot: action.desired.slot, state: 'present', object: action.seen }];
    case 'recreate':
      return [{ slot: action.desired.slot, state: 'missing' }];
    default:
      return [];
  }
}

function slotOf(action: Action): string {
  if ('desired' in action) return action.desired.slot;
  return 'row' in action ? action.row.slot : action.slot;
}

function nameOf(slots: readonly Slot[], name: string): string {
  const slot = slots.find((candidate) => candidate.slot === name);
  if (slot === undefined) throw new TypeError(`no slot ${name}`);
  return slot.createOnce ? incarnationName(slot.baseName, 1) : slot.baseName;
}

function rowOf(slots: readonly Slot[], name: string, uid: string | null, id: number, input: Input): OwnedRow {
  const slot = slots.find((candidate) => candidate.slot === name);
  if (slot === undefined) throw new TypeError(`no slot ${name}`);
  const { type, createOnce, namespace } = slot;
  const origin = input.adopted?.includes(name) === true ? 'adopted' : 'created';
  const identity = { id, slot: name, name: nameOf(slots, name), namespace, uid };
  return { ...identity, origin, type, createOnce, ageSeconds: null };
}

function projectParts(input: GoldenInput<ProjectValues>): Parts {
  const { values } = input;
  return {
    owner: projectOwner(values),
    slots: projectSlots(values),
    build: (situation) => buildProject(values, situation),
    isDeleting: values.isDeleting,
    derive: (pass) =>
      deriveProject({
        ...pass,
        externalSubnet: values.network.subnetName,
        gatewayEip: { isReady: values.gatewayEip.isReady, condition: null },
        guarded: null,
        diagnosis: input.diagnosis ?? { gatewayNodes: null, routerPortHolder: null },
        isOverdue: input.isOverdue ?? false,
        isDeleting: values.isDeleting,
      }),
  };
}

function eipParts(input: GoldenInput<EipValues>): Parts {
  const { values } = input;
  return {
    owner: eipOwner(values),
    slots: eipSlots(values),
    build: (situation) => buildEip(values, situation),
    isDeleting: values.isDeleting,
    derive: ({ outcomes, seen }) =>
      deriveEip({
        outcome: outcomes.get('eip'),
        seen: seen.get('eip'),
        address: values.address,
        isDeleting: values.isDeleting,
        isUsed: values.isUsed,
        isOverdue: input.isOverdue ?? false,
        holder: input.holder ?? null,
      }),
  };
}

function externalNetworkParts(input: GoldenInput<ExternalNetworkValues>): Parts {
  const { values } = input;
  return {
    owner: externalNetworkOwner(values),
    slots: externalNetworkSlots(values),
    build: (situation) => buildExternalNetwork(values, situation),
    isDeleting: values.isDeleting,
    derive({ outcomes, seen }) {
      const subnet = seen.get('subnet');
      return deriveExternalNetwork({
        outcomes,
        subnet,
        isAdopted: values.adoptSubnet !== null,
        differs: subnet !== undefined && adoptedSubnetDiffers(values, subnet),
        providerNetwork: values.providerNetwork,
        providerNetworkIsThere: values.providerNetworkIsThere,
        isOverdue: input.isOverdue ?? false,
        isDeleting: values.isDeleting,
      });
    },
  };
}

function clusterParts(input: GoldenInput<ClusterValues>): Parts {
  const { values } = input;
  return {
    owner: clusterOwner(values),
    slots: clusterSlots(values),
    build: (situation) => buildCluster(values, situation),
    isDeleting: values.isDeleting,
    derive: ({ outcomes }) =>
      deriveCluster({
        outcomes,
        providerNetworks: values.providerNetworks,
        isDeleting: values.isDeleting,
        guardIsSupported: values.guard !== null,
        guardIsWanted: true,
      }),
  };
}

interface IpRangeValues {
  readonly first: number;
  readonly last: number;
  readonly isSurveyed: boolean;
  readonly blocked?: readonly { readonly address: string; readonly reason: string }[];
  readonly isDeleting: boolean;
}

/** A range has no objects: only what it asks of its Subnet. */
function runIpRange(input: GoldenInput<IpRangeValues>): object {
  const { first, last, isSurveyed, blocked = [], isDeleting } = input.values;
  const subnet = input.seen?.subnet;
  const span = { first, last };
  const excluded = subnet !== undefined && isExcluded(subnet, span);
  const derived = deriveIpRange({
    span,
    networkIsReady: subnet !== undefined,
    isExcluded: excluded,
    isSurveyed,
    blocked,
    isDeleting,
  });
  return {
    patch: subnet === undefined || excluded ? null : buildExcludePatch(subnet, span),
    status: {
      phase: decidePhase(derived, { isDeleting, wasReady: input.wasReady ?? false }),
      conditions: derived.conditions.map(({ type, status, reason, message, waiting_on }) => ({
        ...{ type, status, reason, message, waiting_on },
      })),
    },
  };
}
