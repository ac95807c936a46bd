/** What a load generator is asked to do, and what it answers. */

/** A load ends after so many seconds, or after so many requests. */
export type Extent = { readonly seconds: number } | { readonly requests: number };

export interface HttpLoad {
  readonly kind: 'http';
  readonly port: number;
  /**
   * Whole requests, each as the pieces between which its number goes; they take turns. The number has eight digits and
   * is used once, so the length of a body is known.
   */
  readonly requests: readonly (readonly string[])[];
  readonly firstNumber: number;
  readonly concurrency: number;
  readonly extent: Extent;
  /** Requests are sent at this rate, whether or not earlier ones are answered; absent: each after the one before. */
  readonly perSecond?: number;
  /** Any other status fails the measurement. */
  readonly expectedStatus: number;
}

export interface SqlLoad {
  readonly kind: 'sql';
  readonly url: string;
  readonly tenants: readonly SqlTenant[];
  readonly firstNumber: number;
  readonly concurrency: number;
  readonly extent: Extent;
}

/** Whom an EIP is created for, as the database knows it. */
export interface SqlTenant {
  readonly issuerId: string;
  readonly subject: string;
  readonly organizationId: string;
  readonly projectId: string;
}

export type Load = HttpLoad | SqlLoad;

export interface LoadResult {
  readonly answers: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
}

/** The request of that number. */
export function requestOf({ requests }: HttpLoad, number: number): string {
  return requests[number % requests.length]?.join(numberText(number)) ?? '';
}

/** Eight digits. */
export function numberText(number: number): string {
  return String(number).padStart(8, '0');
}
