/** The statement of an EIP's creation, as the API's repository prepares it. */
export const CREATE_EIP = {
  name: 'create_eip',
  text: `select replayed, fingerprint, eip
   from create_eip($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
};

/** Stands for the digest of a body: of its length, and the same every time. */
export const FINGERPRINT = Buffer.alloc(32, 1);
