import type { KeywardCommand } from '../keyward-command.js';

/** Adds `keyward secrets`. */
export function addSecretsCommands(program: KeywardCommand): void {
  program
    .command('secrets')
    .description('Manages what is encrypted with APP_SECRETS.')
    .example('keyward secrets re-encrypt')
    .command('re-encrypt')
    .description('Encrypts the secrets of imported keys with the newest of APP_SECRETS. Run it before you remove an older one.')
    .example('keyward secrets re-encrypt')
    .prints(async ({ services }) => {
      const { resealed, unreadable } = await services.importForms.resealAll();
      return { importSecrets: resealed, unreadableImportSecrets: unreadable };
    });
}
