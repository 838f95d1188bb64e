import { UsageError } from './keyward-command.js';
import { createProgram } from './program.js';

/** The exit code of getopt and of shells for wrong arguments. */
const USAGE_EXIT_CODE = 2;

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`keyward: ${error.message}\n`);
  process.exitCode = USAGE_EXIT_CODE;
}
