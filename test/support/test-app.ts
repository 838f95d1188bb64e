import { randomBytes } from 'node:crypto';
import { type InjectOptions, inject } from 'light-my-request';
import { type App, createApp } from '../../src/app.js';
import { type Config, readConfig } from '../../src/config.js';
import type { PoolTimeouts } from '../../src/platform/database/pool.js';
import { createLogger } from '../../src/platform/logger.js';
import { passwordQueueLimits } from '../../src/platform/queues/hash-queue.js';
import { createServices, type Services } from '../../src/services.js';
import type { SignUpMutation } from '../generated/graphql.js';
import { SignUpDocument, type TypedDocumentString } from '../generated/graphql.js';
import { ActingService, credentialsOf, isByService } from './acting-service.js';
import { newDatabase } from './database.js';
import { ObservedHashQueue } from './hash-queues.js';
import { logQueries } from './queries.js';
import { TestClock } from './test-clock.js';

/** Timeouts for a test that holds a lock, so that a busy machine does not end the wait of a request. */
export const PATIENT = { timeoutsMs: { lock: 20_000, statement: 21_000, query: 22_000 } };

export const PASSWORD = 'correct horse battery staple';

/** The response to one request, as it was sent. */
export interface Answer<Data> {
  status: number;
  headers: Readonly<Record<string, string | string[] | number | undefined>>;
  text: string;
  data: Data | null | undefined;
  errors: { message: string; path?: (string | number)[]; extensions: { code: string } & Record<string, unknown> }[];
}

export interface RequestOptions {
  token?: string;
  headers?: Record<string, string>;
  /** Source address of the request. */
  ipAddress?: string;
}

type SignedUp = SignUpMutation['signUp'];

/** A user with a password and an email address. */
export type NewUser = SignedUp & { user: { email: string } };

export interface TestApp
  extends App,
    Pick<
      Services,
      | 'database'
      | 'usage'
      | 'metrics'
      | 'cachedKeys'
      | 'serviceTokens'
      | 'portalSessionPruning'
      | 'webhookSender'
      | 'webhookJobs'
      | 'noticeJob'
      | 'auditExport'
      | 'highestKeysMax'
    > {
  clock: TestClock;
  /** Hashes of passwords. */
  hashes: ObservedHashQueue;
  /** Hashes of new keys. */
  keyHashes: ObservedHashQueue;
  databaseUrl: string;
  /** Everything that was logged since the start. */
  logs(): string;
  /** Sends a document, typed or not. */
  send<Data, Variables>(
    document: TypedDocumentString<Data, Variables> | string,
    variables?: Variables,
    options?: RequestOptions,
  ): Promise<Answer<Data>>;
  /** Sends a document as `send` does, and requires success. */
  ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables, token?: string): Promise<Data>;
  /** Signs up a new user. */
  newUser(email?: string): Promise<NewUser>;
}

export interface TestAppOptions {
  env?: Record<string, string>;
  config?: Partial<Config>;
  databaseUrl?: string;
  appSecrets?: Buffer[];
  clock?: TestClock;
  random?: (bytes: number) => Buffer;
  /** See PATIENT. */
  timeoutsMs?: Partial<PoolTimeouts>;
  /** A build of the console. */
  consoleFolder?: string;
  /** Whether `queriesOf` can read the queries of the app. */
  logQueries?: boolean;
}

/** Starts two replicas on one new database, with the same secrets and clock. */
export async function startReplicas(options: TestAppOptions = {}): Promise<[TestApp, TestApp]> {
  const shared = { ...options, databaseUrl: await newDatabase(), appSecrets: [randomBytes(32)], clock: new TestClock() };
  return [await startTestApp(shared), await startTestApp(shared)];
}

/** Starts the whole app on a new database, with a clock that stands still, and sends requests without a socket. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const lines: string[] = [];
  const clock = options.clock ?? new TestClock();
  const databaseUrl = options.databaseUrl ?? (await newDatabase());
  if (options.logQueries) await logQueries(databaseUrl);
  const [hashes, keyHashes] = [new ObservedHashQueue(passwordQueueLimits()), new ObservedHashQueue()];
  const services = createServices({
    config: { ...readConfig({ BCRYPT_COST: '10', SIGN_UPS_PER_HOUR: '0', ...options.env }), ...options.config },
    databaseUrl,
    appSecrets: options.appSecrets ?? [randomBytes(32)],
    logger: createLogger('debug', { write: (line) => void lines.push(line) }),
    clock,
    // On a busy machine, a new connection can take longer than a request may wait. test/faults measures the real limit in processes.
    timeoutsMs: { connect: 10_000, ...options.timeoutsMs },
    hashes,
    keyHashes,
    ...(options.random && { random: options.random }),
  });
  const app = await createApp(services, options.consoleFolder === undefined ? {} : { consoleFolder: options.consoleFolder });
  await app.http.ready();

  // Fastify's own inject would leave out the listener in front of it.
  const http: App['http'] = Object.create(app.http, {
    inject: { value: (request: InjectOptions) => inject((...exchange) => void app.http.server.emit('request', ...exchange), request) },
  });

  let actingService: Promise<ActingService> | undefined;
  const send: TestApp['send'] = async (document, variables, { token, headers, ipAddress } = {}) => {
    const response = await http.inject({
      method: 'POST',
      url: '/graphql',
      remoteAddress: ipAddress ?? '127.0.0.1',
      headers: { 'content-type': 'application/json', ...credentialsOf(token), ...headers },
      payload: JSON.stringify({ query: String(document), variables }),
    });
    const body = JSON.parse(response.body);
    return { status: response.statusCode, headers: response.headers, text: response.body, data: body.data, errors: body.errors ?? [] };
  };

  const ask: TestApp['ask'] = async (document, variables, token) => {
    const { data, errors } = await send(document, variables, token === undefined ? {} : { token });
    if (!data || errors.length > 0) throw new Error(`unexpected errors: ${JSON.stringify(errors)}`);
    return data;
  };

  const { database, usage, metrics, cachedKeys, serviceTokens, portalSessionPruning } = services;
  const { webhookSender, webhookJobs, noticeJob, auditExport, highestKeysMax } = services;
  return {
    ...app,
    http,
    database,
    usage,
    metrics,
    cachedKeys,
    serviceTokens,
    portalSessionPruning,
    webhookSender,
    webhookJobs,
    noticeJob,
    auditExport,
    highestKeysMax,
    hashes,
    keyHashes,
    clock,
    databaseUrl,
    logs: () => lines.join(''),
    send,
    ask,
    newUser: async (email = `${randomBytes(6).toString('hex')}@example.com`) => {
      actingService ??= isByService() ? ActingService.create(services.serviceTokens) : undefined;
      if (actingService) return (await actingService).newUser(email, send);
      return (await ask(SignUpDocument, { input: { email, password: PASSWORD } })).signUp as NewUser;
    },
  };
}

/** Returns the codes of the errors of a response. */
export const codesOf = (answer: Answer<unknown>): string[] => answer.errors.map((error) => error.extensions.code);
