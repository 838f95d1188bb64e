// npm test: every check and every test. npm test -- test/auth: only the tests that match, without the checks.
// npm run test:system: the tests that need programs of the system (test/system), without the checks.
// The last line is the count, from Jest's own result: `N passed, N failed`.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './lib/checks.mjs';
import { prepare, root, run } from './lib/prepare.mjs';

const { values, positionals: patterns } = parseArgs({ allowPositionals: true, options: { system: { type: 'boolean', default: false } } });
const configFile = path.join(root, values.system ? 'jest.system.config.js' : 'jest.config.js');
const resultFile = path.join(root, values.system ? '.cache/jest-system-result.json' : '.cache/jest-result.json');

/** Jest's count. A test file that can't even be loaded has no tests to fail, and has failed all the same. */
function readCounts() {
  if (!existsSync(resultFile)) return { passed: 0, failed: 0 };
  const result = JSON.parse(readFileSync(resultFile, 'utf8'));
  return { passed: result.numPassedTests, failed: result.numFailedTests + result.numRuntimeErrorTestSuites };
}

rmSync(resultFile, { force: true });
// However it ends: a check that fails ends the process before Jest.
process.on('exit', () => {
  const { passed, failed } = readCounts();
  console.log(`${passed} passed, ${failed} failed`);
  if (passed === 0 || failed > 0) process.exitCode = 1;
});

prepare();
if (!values.system && patterns.length === 0) check();

mkdirSync(path.dirname(resultFile), { recursive: true });
const jest = path.join(root, 'node_modules/jest/bin/jest.js');
// Jest runs ES modules only with this flag of Node's, whose warning says no more than that.
const nodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
run(process.execPath, [...nodeFlags, jest, `--config=${configFile}`, '--json', `--outputFile=${resultFile}`, ...patterns]);
