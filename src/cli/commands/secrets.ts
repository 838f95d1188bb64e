import type { KeywardCommand } from '../keyward-command.js';

/** Adds `keyward secrets`. */
export function addSecretsCommands(program: KeywardCommand): void {
  program
    .command('secrets')
    .description('Manages what is encrypted with APP_SECRETS.')
    .example('keyward secrets re-encrypt')
    .command('re-encrypt')
    .description('Encrypts the signing secrets of webhooks with the newest of APP_SECRETS. Run it before you remove an older one.')
    .example('keyward secrets re-encrypt')
    .prints(({ services }) => services.secretReencryption.run());
}
