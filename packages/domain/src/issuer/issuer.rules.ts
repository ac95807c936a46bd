/** Which URLs an issuer may have. Pure. */
import { invalid } from '../errors.ts';

/**
 * `https` without query, fragment or credentials; plain `http` only where the settings allow it (sandbox, tests).
 * @throws NetplaneError `validation_failed`
 */
export function assertIssuerUrl(text: string, pointer: string, allowHttp: boolean): void {
  const url = URL.parse(text);
  const schemes = allowHttp ? ['https:', 'http:'] : ['https:'];
  if (url === null || !schemes.includes(url.protocol)) {
    throw invalid(pointer, `Must be an ${schemes.map((scheme) => `${scheme}//`).join(' or ')} URL.`);
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw invalid(pointer, 'Must have no query, fragment or credentials.');
  }
}
