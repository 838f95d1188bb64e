import { Arg, Mutation, Resolver } from 'type-graphql';
import { ForServices } from '../auth/access-middleware.js';
import { CurrentService } from '../auth/auth-context.js';
import type { ServiceCaller } from '../auth/caller.js';
import { CHANGE_COST } from '../platform/limits.js';
import type { BatchImport } from './batch-import.js';
import { type ImportApiKeyInput, ImportApiKeysInput, ImportApiKeysPayload, ImportOutcome } from './import.graphql.js';

const OUTCOMES = { imported: ImportOutcome.IMPORTED, present: ImportOutcome.ALREADY_PRESENT, bad: ImportOutcome.INVALID } as const;

/** Returns the fields of a key as those of a line, in which a time is a text. */
const fieldsOf = (input: ImportApiKeyInput): object =>
  Object.fromEntries(Object.entries(input).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]));

/** Imports of keys by services. */
@Resolver()
export class ImportResolver {
  readonly #import: BatchImport;

  constructor(batchImport: BatchImport) {
    this.#import = batchImport;
  }

  @ForServices('keys:write')
  @Mutation(() => ImportApiKeysPayload, {
    complexity: ({ childComplexity }) => CHANGE_COST + childComplexity,
    description:
      'Imports API keys of another system by their hashes. The keys stay valid: their holders present them as before. Each key has an outcome of its own, and a repetition imports nothing twice. Users that do not exist are created.',
  })
  async importApiKeys(
    @Arg('input', () => ImportApiKeysInput, { description: 'Keys to import, and the form of their hashes.' })
    { form, keys, dryRun }: ImportApiKeysInput,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<ImportApiKeysPayload> {
    const request = { form: { ...form, secret: null }, keys: keys.map(fieldsOf), isDryRun: dryRun };
    const { results, usersMade } = await this.#import.run(request, actor);
    return {
      results: results.map((result) => ({ ...result, outcome: OUTCOMES[result.outcome], reasons: [...result.reasons] })),
      usersCreated: usersMade,
    };
  }
}
