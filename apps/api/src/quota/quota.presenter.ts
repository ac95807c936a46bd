import { presentId, type Quota } from '@netplane/domain';
import { presentedResource } from '../plugins/resource/presented.ts';

export function presentQuota(quota: Quota) {
  return presentedResource('quota', quota, {
    organization_id: presentId('organization', quota.organizationId),
    project_id: quota.projectId && presentId('project', quota.projectId),
    resource: quota.resource,
    network_type: quota.networkType,
    family: quota.family,
    limit: quota.limit,
    used: quota.used,
  });
}
