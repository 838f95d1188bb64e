// npm test: every check and every test. npm test -- test/auth: only the tests that match, without the checks.
// The last line is the count, from Jest's own result: `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { check } from './lib/checks.mjs';
import { prepare, root } from './lib/prepare.mjs';

const resultFile = path.join(root, '.cache/jest-result.json');
const jestArguments = process.argv.slice(2);

rmSync(resultFile, { force: true });
prepare();
if (jestArguments.length === 0) check();

mkdirSync(path.dirname(resultFile), { recursive: true });
const jest = path.join(root, 'node_modules/jest/bin/jest.js');
// Jest runs ES modules only with this flag of Node's, whose warning says no more than that.
const nodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const { status } = spawnSync(process.execPath, [...nodeFlags, jest, '--json', `--outputFile=${resultFile}`, ...jestArguments], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});

const result = existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, 'utf8')) : null;
const passed = result?.numPassedTests ?? 0;
// A test file that can't even be loaded has no tests to fail, and has failed all the same.
const failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = status === 0 && passed > 0 && failed === 0 ? 0 : 1;
