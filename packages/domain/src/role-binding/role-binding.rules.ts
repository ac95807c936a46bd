/** Who may be bound to what. Pure. */
import { invalid, notFound } from '../errors.ts';
import type { Issuer } from '../issuer/issuer.ts';
import type { OrganizationId } from '../primitives/ids.ts';

/** @throws NetplaneError `validation_failed` */
export function assertBindingHolder(subject: string | null, group: string | null): void {
  if ((subject === null) === (group === null)) throw invalid('/subject', 'Give either subject or group.');
}

/**
 * An issuer that is bound to an organization acts only there, and to every other one it does not exist.
 * @throws NetplaneError `not_found`
 */
export function assertIssuerMayActIn(
  issuer: Pick<Issuer, 'organizationId'>,
  organizationId: OrganizationId,
): void {
  if (issuer.organizationId !== null && issuer.organizationId !== organizationId)
    throw notFound('/issuer_id');
}
