import type { TSchema } from 'typebox';
import type { RequestFields } from './fields.ts';
import type { ListDefinition } from './list-query.ts';

/** Everything that a kind's requests and answers look like. */
export interface ResourceSchema extends ListDefinition {
  /** What a request may send. */
  readonly fields: RequestFields;
  /** What is answered, whole. */
  readonly view: TSchema;
  /** What members get of a platform kind, where that is less. */
  readonly memberView?: TSchema;
  /** One sentence for the reference. */
  readonly summary: string;
}
