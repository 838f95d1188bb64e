import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

type Versions = Record<string, string>;
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Versions;
  optionalDependencies: Versions;
  devDependencies: Versions;
  allowScripts: Record<string, boolean>;
};
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { resolved?: string; integrity?: string; hasInstallScript?: boolean }>;
};

describe('the installed packages', () => {
  test('allowScripts has an entry for every package with a script, and allows only PostgreSQL’s', () => {
    const withScript = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([place]) => place.replace(/^.*node_modules\//, ''));
    expect(Object.keys(manifest.allowScripts).sort()).toEqual([...new Set(withScript)].sort());
    const allowed = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name]);
    expect(allowed.sort()).toEqual(Object.keys(manifest.optionalDependencies).sort());
  });

  test('have exact versions, and the lock file has the checksum of each', () => {
    const { dependencies, optionalDependencies, devDependencies } = manifest;
    const ranges = Object.values({ ...dependencies, ...optionalDependencies, ...devDependencies });
    expect(ranges.filter((range) => !/^\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(range))).toEqual([]);
    const unchecked = Object.entries(packages).filter(([place, { integrity }]) => place !== '' && !integrity?.startsWith('sha512-'));
    expect(unchecked.map(([place]) => place)).toEqual([]);
  });
});
