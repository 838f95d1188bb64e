/** The owner of an imported key: the account with an email address, or the user with an external ID. */
export type Owner = { readonly email: string; readonly externalId: null } | { readonly email: null; readonly externalId: string };

/** Returns a text that identifies the owner. An external ID may look like an email address. */
export const ownerKeyOf = ({ email, externalId }: { email: string | null; externalId: string | null }): string =>
  externalId === null ? `email ${email}` : `externalId ${externalId}`;
