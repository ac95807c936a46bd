/**
 * Frames of PostgreSQL's wire protocol 3 (https://www.postgresql.org/docs/current/protocol-message-formats.html): a type
 * byte and a length that counts itself; a frontend's first message has no type.
 */

export interface Frame {
  /** One letter; `''` for the first message of a frontend. */
  readonly type: string;
  /** The whole message as it goes over the wire. */
  readonly bytes: Buffer;
}

/** Cuts a stream into frames. */
export function createFrameReader(options: { readonly beginsUntyped: boolean }): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  let isUntyped = options.beginsUntyped;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      const lengthAt = isUntyped ? 0 : 1;
      if (rest.length < lengthAt + 4) return frames;
      const end = lengthAt + rest.readInt32BE(lengthAt);
      if (rest.length < end) return frames;
      frames.push({ type: isUntyped ? '' : String.fromCharCode(rest[0] ?? 0), bytes: rest.subarray(0, end) });
      rest = rest.subarray(end);
      isUntyped = false;
    }
  };
}

/** The `index`th text of a message whose body begins with texts that end in 0. */
export function textOf({ bytes }: Frame, index: number): string {
  let start = 5;
  for (let skipped = 0; skipped < index; skipped += 1) start = bytes.indexOf(0, start) + 1;
  return bytes.toString('utf8', start, bytes.indexOf(0, start));
}
