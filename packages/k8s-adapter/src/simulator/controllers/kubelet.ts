import { mapAt, textAt } from '../json.ts';
import { isTerminating, keyOfObject, type SimObject } from '../sim-object.ts';
import { annotation } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';
import { again, type Controller, done, job, type Step } from './controller.ts';
import { ADDRESS, ALLOCATED, isHostNetwork } from './pod.ts';
import { statusPatch } from './writes.ts';

/** The kubelet's and the scheduler's part: a Pod with an address runs, one with a deadline ends. */
export const kubeletController: Controller = {
  kind: 'Pod',
  added: (pod) => [job('kubelet', keyOfObject(pod))],
  updated: (_before, after) => [job('kubelet', keyOfObject(after))],
  handlers: { kubelet: (cluster, { key }) => runPod(cluster, cluster.get('Pod', key)) },
};

function runPod(cluster: ClusterView, pod: SimObject | undefined): Step {
  if (pod === undefined) return done;
  const key = keyOfObject(pod);
  if (isTerminating(pod)) {
    return { writes: [{ verb: 'delete', kind: 'Pod', key, gracePeriodSeconds: 0 }] };
  }
  if (textAt(mapAt(pod, 'spec'), 'nodeName') === '') {
    const [node] = cluster.all('Node');
    if (node === undefined) return again;
    const patch = { spec: { nodeName: node.metadata.name } };
    return { writes: [{ verb: 'patch', kind: 'Pod', key, patch }] };
  }
  const address = annotation(pod, ADDRESS);
  const ready = isHostNetwork(pod) || (annotation(pod, ALLOCATED) === 'true' && address !== '');
  if (!ready || textAt(mapAt(pod, 'status'), 'phase') !== 'Pending') return done;
  const podIPs = address === '' ? {} : { podIP: address, podIPs: [{ ip: address }] };
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: cluster.now() }];
  return { writes: [statusPatch(pod, { phase: 'Running', ...podIPs, conditions })] };
}
