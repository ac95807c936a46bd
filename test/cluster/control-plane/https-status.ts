import { get } from 'node:https';

const timeoutMs = 2_000;

/** The status that a GET without credentials is answered with. Throws when `ca` (PEM) did not sign the server. */
export function httpsStatus(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ca, agent: false, timeout: timeoutMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer after ${timeoutMs} ms`)));
    request.on('error', reject);
  });
}
