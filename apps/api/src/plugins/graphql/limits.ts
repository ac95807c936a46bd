/** What a GraphQL document may cost: counted in objects that it may answer, before it runs. */
import { NetplaneError } from '@netplane/domain';
import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';
import { type ComplexityEstimatorArgs, createComplexityRule } from 'graphql-query-complexity';
import { PAGE_DEFAULT, PAGE_MAX } from '../resource/list-query.ts';

/** Objects: a page of 200 EIPs with three related objects each is 800. */
const COST_MAX = 10_000;
/** Deep enough for the introspection query of GraphiQL. */
export const DEPTH_MAX = 15;

/** Validation takes time with the square of a document's length. */
export const TOKENS_MAX = 2_000;

/**
 * No GraphQL document is JSON, but mercurius takes one that is for a parsed document, whatever it holds.
 * @throws NetplaneError `invalid_request`
 */
export function refuseJson(document: string): void {
  try {
    JSON.parse(document);
  } catch {
    return;
  }
  throw new NetplaneError('invalid_request', { detail: 'The query is JSON, not a GraphQL document.' });
}

/** The validation rule for one request. */
export function costRule(
  variables: Record<string, unknown> | undefined,
): (context: ValidationContext) => ASTVisitor {
  return createComplexityRule({
    maximumComplexity: COST_MAX,
    ...(variables === undefined ? {} : { variables }),
    estimators: [estimate],
    createError: (max, actual) =>
      new GraphQLError(`The document may answer ${actual} objects; the limit is ${max}.`),
  });
}

/** A field costs itself and its children; a connection as often as its page is long. */
function estimate({ args, childComplexity, field }: ComplexityEstimatorArgs): number {
  const isConnection = field.args.some((argument) => argument.name === 'first');
  if (!isConnection) return childComplexity === 0 ? 0 : 1 + childComplexity;
  const { first } = args as { first?: unknown }; // validated by GraphQL as Int
  const pageSize = typeof first === 'number' ? Math.min(Math.max(first, 1), PAGE_MAX) : PAGE_DEFAULT;
  return 1 + pageSize * Math.max(childComplexity, 1);
}
