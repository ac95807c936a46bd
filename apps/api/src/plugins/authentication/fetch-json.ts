/** Reads a small JSON document of an issuer: no redirects, bounded in time and size. */

const TIMEOUT_MS = 5_000;
const SIZE_LIMIT_BYTES = 256 * 1024;

/** @throws Error for anything but a 200 with JSON of at most 256 KiB within 5 s */
export async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`${url} answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > SIZE_LIMIT_BYTES) throw new Error(`${url} answered more than ${SIZE_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
