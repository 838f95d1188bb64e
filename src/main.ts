import { createApp } from './app.js';
import { loadConfig } from './config.js';
import { GRAPHQL_PATH } from './graphql-route.js';
import { listen } from './platform/http/listen.js';
import { createLogger, logToStdout } from './platform/logger.js';
import { openBacking } from './runtime/backing-services.js';
import { runToEnd } from './runtime/process-lifecycle.js';

await runToEnd(async (closers) => {
  const config = loadConfig();
  const logger = createLogger(config.logLevel, logToStdout(config.logFormat));
  const backing = await openBacking(config, logger, closers);
  const app = await createApp({ config, logger, ...backing });
  closers.push(() => app.close());
  app.cachedKeys.start();
  const address = await listen(app.http, config);
  const sandbox = config.introspection && !config.production ? ' (open it in a browser for Apollo Sandbox)' : '';
  logger.info(`Keyward is ready: ${address}${GRAPHQL_PATH}${sandbox}`);
  return logger;
});
