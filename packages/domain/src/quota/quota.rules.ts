/** Which keys a quota may have. Pure. */
import { invalid } from '../errors.ts';
import type { Family, NetworkType } from '../external-network/external-network.ts';
import type { QuotaResource } from './quota.ts';

export interface QuotaKey {
  readonly resource: QuotaResource;
  readonly networkType: NetworkType | null;
  readonly family: Family | null;
}

/**
 * EIPs are counted by network type and family (`ipv4` when omitted); projects and project addresses by neither.
 * @throws NetplaneError `validation_failed`
 */
export function decideQuotaKey(input: {
  readonly resource: QuotaResource;
  readonly networkType: NetworkType | null;
  readonly family: Family | null;
  readonly ofProject: boolean;
}): QuotaKey {
  const { resource, networkType, family, ofProject } = input;
  if (resource === 'eips') {
    if (networkType === null)
      throw invalid('/network_type', 'Limits of eips are per network type: cloud or public.');
    return { resource, networkType, family: family ?? 'ipv4' };
  }
  if (networkType !== null) throw invalid('/network_type', `${resource} are not counted by network type.`);
  if (family !== null) throw invalid('/family', `${resource} are not counted by family.`);
  if (ofProject) throw invalid('/project_id', `${resource} are counted per organization only.`);
  return { resource, networkType, family };
}

/** The limits that a new organization gets. */
export interface QuotaDefaults {
  readonly projects: number;
  readonly cloudEips: number;
  readonly publicEips: number;
  readonly projectAddresses: number;
}

export function defaultQuotas(defaults: QuotaDefaults): readonly (QuotaKey & { readonly limit: number })[] {
  return [
    { resource: 'projects', networkType: null, family: null, limit: defaults.projects },
    { resource: 'project_addresses', networkType: null, family: null, limit: defaults.projectAddresses },
    { resource: 'eips', networkType: 'cloud', family: 'ipv4', limit: defaults.cloudEips },
    { resource: 'eips', networkType: 'public', family: 'ipv4', limit: defaults.publicEips },
  ];
}
