import type { ServiceActor } from '../platform/actor.js';
import { actorFields } from '../platform/actor.js';
import { badUserInput } from '../platform/errors/keyward-error.js';
import { IMPORT_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import { type HashForm, hashFormFault } from './hash-form.js';
import { type ImportedKey, readImportFields } from './import-line.js';
import type { ImportOptions, KeyImporter } from './importer.js';
import type { Outcome } from './plan.js';

/** A batch of keys to import. The fields of a key are those of a line. */
export interface ImportRequest {
  form: HashForm;
  keys: readonly object[];
  isDryRun: boolean;
}

/** What became of one key. */
export interface ImportItemResult {
  outcome: Outcome['kind'];
  /** Null unless the key was imported by this request. */
  apiKeyId: string | null;
  keyPrefix: string | null;
  /** Empty unless the key was rejected. */
  reasons: readonly string[];
}

/** Imports keys in batches, for services. */
export class BatchImport {
  readonly #createImporter: (options: ImportOptions) => KeyImporter;
  readonly #logger: Logger;

  constructor(createImporter: (options: ImportOptions) => KeyImporter, logger: Logger) {
    this.#createImporter = createImporter;
    this.#logger = logger;
  }

  /**
   * Imports the valid keys of a batch in one transaction. A repetition imports nothing twice.
   *
   * @returns the result of each key, in their order
   * @throws {KeywardError} BAD_USER_INPUT if the form is wrong, or if there are too many keys
   */
  async run({ form, keys, isDryRun }: ImportRequest, actor: ServiceActor): Promise<{ results: ImportItemResult[]; usersMade: number }> {
    const fault = hashFormFault(form);
    if (fault) throw badUserInput([{ path: `input.form.${fault.option}`, message: fault.message }]);
    const { keysPerRequestMax } = IMPORT_LIMITS;
    if (keys.length === 0 || keys.length > keysPerRequestMax) {
      throw badUserInput([{ path: 'input.keys', message: `must have 1 to ${keysPerRequestMax} items` }]);
    }
    const importer = this.#createImporter({ intoExisting: false, isDryRun, form, actor });
    const options = importer.readOptions();
    const read = keys.map((fields) => readImportFields(fields, options));
    const valid = read.flatMap((one): ImportedKey[] => ('key' in one ? [one.key] : []));
    const { outcomes, written, usersMade } = await importer.importKeys(valid);
    const [planned, ids] = [outcomes.values(), written.values()];
    const results = read.map((one): ImportItemResult => {
      const outcome: Outcome = 'faults' in one ? { kind: 'bad', reasons: one.faults } : (planned.next().value as Outcome);
      const ofKey = outcome.kind === 'imported' ? ids.next().value : undefined;
      return {
        outcome: outcome.kind,
        apiKeyId: ofKey?.id ?? null,
        keyPrefix: ofKey?.keyPrefix ?? null,
        reasons: outcome.kind === 'bad' ? outcome.reasons : [],
      };
    });
    if (!isDryRun) this.#logger.info({ ...actorFields(actor), imported: written.length, usersCreated: usersMade }, 'API keys imported');
    return { results, usersMade };
  }
}
