import type { FastifyInstance } from 'fastify';

/**
 * Registers `/healthz`, which returns 200 while the process runs, and `/readyz`, which returns 503 if it cannot serve requests.
 *
 * @param isReady returns whether the process can serve requests now
 */
export function registerHealth(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const ready = await isReady();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' });
  });
}
