import { describe, expect, it } from 'vitest';
import { projectBody } from '../../support/builders/project.builder.ts';
import { createOrganization } from '../../support/world.ts';
import { useStage } from '../support/stage.ts';
import type { ProjectView } from '../support/views.ts';

const stage = useStage();

async function namespaceOf(organization: string, project: string): Promise<string> {
  const id = await createOrganization(stage.api, organization, {});
  const body = projectBody(id, { name: project });
  return (await stage.api.must<ProjectView>('POST', '/v1/projects', { body })).namespace;
}

describe('the namespace of a project', () => {
  it('is the names of organization and project', async () => {
    expect(await namespaceOf('plain', 'demo-1')).toBe('plain-demo-1');
  });

  it('is as long as a namespace may be without being cut', async () => {
    expect(await namespaceOf('exact', 'p'.repeat(57))).toBe(`exact-${'p'.repeat(57)}`);
  });

  it('is cut and told apart by a hash where the names are too long', async () => {
    const organization = 'o'.repeat(32);
    const project = 'p'.repeat(63);
    const namespace = await namespaceOf(organization, project);
    expect(namespace).toMatch(new RegExp(`^${`${organization}-${project}`.slice(0, 54)}-[0-9a-f]{8}$`));
    expect(namespace).toHaveLength(63);
  });

  it('is different for long names that begin alike', async () => {
    const id = await createOrganization(stage.api, 'alike', {});
    const names = ['a', 'b'].map((end) => `${'p'.repeat(62)}${end}`);
    const made = await Promise.all(
      names.map((name) =>
        stage.api.must<ProjectView>('POST', '/v1/projects', { body: projectBody(id, { name }) }),
      ),
    );
    expect(new Set(made.map((project) => project.namespace)).size).toBe(2);
  });

  it.each([
    ['kube', 'public'],
    ['openshift', 'monitoring'],
    ['metallb', 'system'],
    ['my', 'own-system'],
  ])('never is one that the cluster keeps for itself: %s-%s', async (organization, project) => {
    const namespace = await namespaceOf(organization, project);
    expect(namespace).toMatch(new RegExp(`^${organization}-${project}-[0-9a-f]{8}$`));
  });

  it('is told apart by a hash where another organization’s names make the same', async () => {
    expect(await namespaceOf('left', 'right-end')).toBe('left-right-end');
    expect(await namespaceOf('left-right', 'end')).toMatch(/^left-right-end-[0-9a-f]{8}$/);
  });

  it('is told apart also where both are made at the same instant', async () => {
    const [one, two] = await Promise.all([namespaceOf('race', 'way-end'), namespaceOf('race-way', 'end')]);
    const [plain, hashed] = [one, two].sort((a, b) => a.length - b.length);
    expect(plain).toBe('race-way-end');
    expect(hashed).toMatch(/^race-way-end-[0-9a-f]{8}$/);
  });

  it('has no dash beside a dash where the cut falls on one', async () => {
    const namespace = await namespaceOf('dash', `${'p'.repeat(48)}-${'q'.repeat(10)}`);
    expect(namespace).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(namespace.length).toBeLessThanOrEqual(63);
  });
});
