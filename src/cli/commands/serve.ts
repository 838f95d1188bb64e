import type { KeywardCommand } from '../keyward-command.js';

/** Adds `keyward serve`, which starts the server. */
export function addServeCommand(program: KeywardCommand): void {
  program
    .command('serve')
    .description('Starts the server. It stops after SIGTERM or SIGINT, when the requests in progress are answered.')
    .example('PORT=8080 keyward serve')
    .action(async () => {
      await import('../../main.js');
    });
}
