// Runs the tests of the operations on keys again. Their users have no session: a service acts for each of them.
process.env.TEST_CALLER = 'service';

const FILES = [
  './api-keys/api-key.test.js',
  './api-keys/create-api-key.test.js',
  './api-keys/expires-soon.test.js',
  './api-keys/idempotency-key.test.js',
  './api-keys/key-life.test.js',
  './api-keys/key-settings.test.js',
  './api-keys/my-api-key-history.test.js',
  './api-keys/my-api-keys.test.js',
  './api-keys/revoke-api-key.test.js',
  './api-keys/rotate-api-key.test.js',
  './api-keys/scope-catalogue.test.js',
  './api-keys/update-api-key.test.js',
  './api-keys/user-api-keys.test.js',
  './usage/usage.test.js',
  './activity/api-key-events.test.js',
];
for (const file of FILES) await import(file);

export {};
