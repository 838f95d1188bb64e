import { createApp } from './app.js';
import { loadConfig } from './config.js';
import { GRAPHQL_PATH } from './graphql-route.js';
import { listen } from './platform/http/listen.js';
import { createLogger, logToStdout } from './platform/logger.js';
import { openBacking } from './runtime/backing-services.js';
import { runToEnd } from './runtime/process-lifecycle.js';
import { createServices } from './services.js';

await runToEnd(async (closers) => {
  const config = loadConfig();
  const logger = createLogger(config.logLevel, logToStdout(config.logFormat));
  const backing = await openBacking(config, logger, closers);
  const services = createServices({ config, logger, ...backing });
  const app = await createApp(services);
  closers.push(() => app.close());
  services.start();
  const address = await listen(app.http, config);
  const sandbox = config.introspection && !config.production;
  const consoleUrl = app.consolePath === null ? {} : { console: `${address}${app.consolePath}` };
  logger.info({ url: `${address}${GRAPHQL_PATH}`, ...consoleUrl, sandbox }, 'Keyward is ready');
  return logger;
});
