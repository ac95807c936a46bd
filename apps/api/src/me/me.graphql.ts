import { camelView } from '../plugins/graphql/camel-view.ts';
import type { GraphqlContext } from '../plugins/graphql/resolvers.ts';
import type { GraphqlExtra } from '../plugins/graphql/schema.ts';
import { collectOutputTypes } from '../plugins/graphql/sdl.ts';
import { presentMe } from './me.presenter.ts';
import { meSchema } from './me.schema.ts';

export function meGraphql(): GraphqlExtra {
  const types = new Map<string, string>();
  collectOutputTypes('Me', meSchema, {}, types);
  return {
    types: [...types.values()].join('\n\n'),
    query: '  me: Me!',
    resolvers: { me: (_: unknown, __: unknown, { ctx }: GraphqlContext) => camelView(presentMe(ctx.actor)) },
  };
}
