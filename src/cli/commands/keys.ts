import { parseArgs } from 'node:util';
import { createOperator, keyRecord } from '../operator.js';
import type { OperatorService } from '../operator-service.js';
import { type OutputRecord, writeRecords } from '../output.js';
import { readArguments, runCommand, UsageError } from '../run-command.js';

const USAGE = `Usage: npm run keys -- expiring [--days DAYS] [--json]

  expiring     the usable keys that end within so many days, the next one to end first
  --days       1 to 3650; EXPIRY_WARNING_DAYS unless told otherwise
  --json       one JSON object a line`;

const DAYS_MAX = 3_650;

function parse() {
  const options = { json: { type: 'boolean', default: false }, days: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const days = values.days === undefined ? null : Number(values.days);
  if (positionals.join() !== 'expiring') throw new UsageError('A command must be named.');
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= DAYS_MAX))
    throw new UsageError(`--days must be from 1 to ${DAYS_MAX}.`);
  return { days, asJson: values.json };
}

async function* expiringRecords(operator: OperatorService, days: number): AsyncGenerator<OutputRecord> {
  for await (const { apiKey, owner } of operator.expiring(days)) {
    yield { email: owner?.email ?? null, externalId: owner?.externalId ?? null, userId: apiKey.userId, ...keyRecord(apiKey, operator) };
  }
}

const { days, asJson } = readArguments(USAGE, parse);
await runCommand(async (context) => {
  await writeRecords(expiringRecords(createOperator(context), days ?? context.config.expiryWarningDays), asJson);
  return 0;
});
