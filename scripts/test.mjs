// npm test: runs every check and every test. npm test -- test/auth: runs only the matching tests, without the checks.
// npm run test:system: runs the tests that need programs of the system (test/system), without the checks.
// The last line is the count of Jest's result file: `N passed, N failed`.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './lib/checks.mjs';
import { prepare, root, run } from './lib/prepare.mjs';

const { values, positionals: patterns } = parseArgs({ allowPositionals: true, options: { system: { type: 'boolean', default: false } } });
const configFile = path.join(root, values.system ? 'jest.system.config.js' : 'jest.config.js');
const resultFile = path.join(root, values.system ? '.cache/jest-system-result.json' : '.cache/jest-result.json');

/** Returns Jest's counts. A test file that cannot be loaded has no tests, and counts as one failure. */
function readCounts() {
  if (!existsSync(resultFile)) return { passed: 0, failed: 0 };
  const result = JSON.parse(readFileSync(resultFile, 'utf8'));
  return { passed: result.numPassedTests, failed: result.numFailedTests + result.numRuntimeErrorTestSuites };
}

rmSync(resultFile, { force: true });
// At exit, because a check that fails ends the process before Jest starts.
process.on('exit', () => {
  const { passed, failed } = readCounts();
  console.log(`${passed} passed, ${failed} failed`);
  if (passed === 0 || failed > 0) process.exitCode = 1;
});

prepare();
if (!values.system && patterns.length === 0) check();

mkdirSync(path.dirname(resultFile), { recursive: true });
const jest = path.join(root, 'node_modules/jest/bin/jest.js');
// Jest needs this flag of Node to run ES modules. The flag prints a warning that it is experimental.
const nodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
run(process.execPath, [...nodeFlags, jest, `--config=${configFile}`, '--json', `--outputFile=${resultFile}`, ...patterns]);
