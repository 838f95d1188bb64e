import { loadConfig } from '../config.js';
import { createLogger } from '../platform/logger.js';
import { openBacking } from '../runtime/backing-services.js';
import type { Closer } from '../runtime/process-lifecycle.js';
import { createServices } from '../services.js';
import { OperatorPolicies } from './operator-policies.js';
import { OperatorService } from './operator-service.js';

/**
 * Opens the configured database, beside a running server or without one, and creates the services.
 *
 * @param closers receives a function for each opened resource, which closes it
 * @throws {StartupError} if the settings are invalid or the database is unavailable
 */
export async function openContext(closers: Closer[]) {
  const config = loadConfig();
  // Errors only: the command itself reports a lost connection, so a warning would repeat it.
  const logger = createLogger('error', { write: (line) => void process.stderr.write(line) });
  const backing = await openBacking(config, logger, closers, { join: true });
  const services = createServices({ config, logger, ...backing, isCommand: true });
  closers.push(() => services.close());
  return { config, services, operator: new OperatorService(services), policies: new OperatorPolicies(services) };
}
