import base from './jest.config.js';

// The tests that need programs of the system. They start their own servers on the built code.
const { globalSetup: _setup, globalTeardown: _teardown, ...rest } = base;

/** @type {import('jest').Config} */
export default {
  ...rest,
  testMatch: ['<rootDir>/test/system/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 60_000,
};
