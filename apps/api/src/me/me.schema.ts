import { Type } from 'typebox';
import { idOf, nullable, timestamp } from '../plugins/resource/fields.ts';

export const meSchema = Type.Object(
  {
    subject: Type.String({ description: 'The `sub` claim' }),
    issuer: Type.String({ description: 'The `iss` claim' }),
    issuer_id: idOf('issuer', 'The row that vouches for it'),
    email: nullable(Type.String()),
    platform_admin: Type.Boolean(),
    token_expires_at: timestamp,
    organizations: Type.Array(
      Type.Object(
        {
          id: idOf('organization', 'TypeID'),
          name: Type.String(),
          display_name: nullable(Type.String()),
          role: Type.String({ description: 'owner, developer or viewer' }),
          operations: Type.Array(Type.String(), {
            description: 'What the role may do there, e.g. eip.create',
          }),
        },
        { title: 'MyOrganization' },
      ),
    ),
  },
  { $id: 'Me', description: 'Who the token belongs to and what it may do' },
);
