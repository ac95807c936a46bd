/** REST views in GraphQL's spelling, and GraphQL inputs in REST's. Keys of maps (labels, params) are the caller's own. */
import { camel, snake } from './sdl.ts';

const MAPS = new Set(['labels', 'params']);

export function camelView(value: unknown): unknown {
  return respell(value, camel);
}

export function snakeBody(value: unknown): unknown {
  return respell(value, snake);
}

/** `/external_network_id` → `/externalNetworkId`: a pointer into the input, or a filter, as it was sent. */
export function camelPointer(pointer: string): string {
  if (pointer.startsWith('?')) return camel(pointer);
  const [, first = '', ...rest] = pointer.split('/');
  const inner = MAPS.has(first) ? rest : rest.map(camel);
  return pointer.startsWith('/') ? ['', camel(first), ...inner].join('/') : pointer;
}

function respell(value: unknown, spell: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => respell(item, spell));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    spell(key),
    MAPS.has(key) ? inner : respell(inner, spell),
  ]);
  return Object.fromEntries(entries);
}
