/** The API reference and GraphiQL: whole from this server, and only where the settings say so. */
import { describe, expect, it } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import { useStage } from '../support/stage.ts';

const stage = useStage();

/** What a page or style sheet loads: `src`, `href` and `url(…)`. */
function loads(text: string): readonly string[] {
  return [...text.matchAll(/(?:src|href)="([^"]+)"|url\(["']?([^"')]+)/g)]
    .map(([, attribute, url]) => attribute ?? url ?? '')
    .filter((target) => !target.startsWith('data:') && !target.startsWith('#'));
}

describe.each(['/docs/', '/graphiql'])('%s', (page) => {
  it('loads everything from this server, where it is', async () => {
    const answer = await stage.api.call('GET', page, { as: null });
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([200, 'text/html']);
    const targets = loads(answer.text);
    expect(targets.length).toBeGreaterThan(3);
    for (const target of targets) {
      const url = new URL(target, `${stage.api.url}${page}`);
      expect([target, url.origin]).toEqual([target, new URL(stage.api.url).origin]);
      const file = await stage.api.call('GET', url.pathname, { as: null });
      expect([target, file.status]).toEqual([target, 200]);
      if (!url.pathname.endsWith('.css')) continue;
      expect(loads(file.text).filter((inner) => /^(https?:)?\/\//.test(inner))).toEqual([]);
    }
  });

  it('is told by its headers to load nothing from elsewhere', async () => {
    const { headers } = await stage.api.call('GET', page, { as: null });
    expect(headers.get('content-security-policy')).toMatch(/default-src 'self';.*script-src 'self'(;|$)/);
    expect(headers.get('content-security-policy')).not.toMatch(/https?:/);
  });
});

describe('in production', () => {
  it('there are no pages and no introspection unless they are asked for', async () => {
    const api = await startTestApi(stage.database, {
      API_DOCS: 'false',
      GRAPHIQL: 'false',
      GRAPHQL_INTROSPECTION: 'false',
    });
    for (const path of ['/docs', '/docs/json', '/graphiql']) {
      expect([path, (await api.call('GET', path, { as: null })).status]).toEqual([path, 404]);
    }
    const { data, errors } = await api.graphql<unknown>('{ __schema { types { name } } }');
    expect([data, errors?.[0]?.extensions.code]).toEqual([null, 'invalid_request']);
    await api.stop();
  });
});
