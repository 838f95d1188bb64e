import type { KeywardCommand } from '../keyward-command.js';

/** Adds `keyward secrets`. */
export function addSecretsCommands(program: KeywardCommand): void {
  program
    .command('secrets')
    .description('Manages what is encrypted with APP_SECRETS.')
    .example('keyward secrets re-encrypt')
    .command('re-encrypt')
    .description(
      'Encrypts the secrets of webhooks and imported keys with the newest of APP_SECRETS. Run it before you remove an older one.',
    )
    .example('keyward secrets re-encrypt')
    .prints(async ({ services }) => {
      const imports = await services.importForms.resealAll();
      const webhooks = await services.secretReencryption.run();
      return {
        importSecrets: imports.resealed,
        unreadableImportSecrets: imports.unreadable,
        webhookEndpoints: webhooks.resealed,
        unreadableWebhookEndpoints: webhooks.unreadable,
      };
    });
}
