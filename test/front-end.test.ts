import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

// Inside the repository, so that the packages are found. Otherwise an independent project.
const project = path.resolve('.cache/front-end');

async function run(script: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [path.resolve('node_modules', script), ...args], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}

/** The strict options for a bundler that Vite’s templates use. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2022', 'dom'],
    module: 'esnext',
    moduleResolution: 'bundler',
    jsx: 'react-jsx',
    types: [],
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['src'],
};

const MISUSES: Readonly<Record<string, [client: string, code: string, error: string]>> = {
  'a variable that is missing, in urql': ['urql', 'export const use = () => useMutation(Create)[1]({});', 'TS2741'],
  'a field that was not asked for, in urql': ['urql', 'export const use = () => useQuery({ query: Me })[0].data?.me?.email;', 'TS2339'],
  'a variable that is missing, in Apollo Client': [
    '@apollo/client/react',
    'export const use = () => useMutation(Create)[0]({ variables: {} });',
    'TS2322',
  ],
  'a field that was not asked for, in Apollo Client': [
    '@apollo/client/react',
    'export const use = () => useQuery(Me).data?.me?.email;',
    'TS2339',
  ],
};

beforeAll(async () => {
  await rm(project, { recursive: true, force: true });
  await mkdir(path.join(project, 'src'), { recursive: true });
  await copyFile('examples/codegen.ts', path.join(project, 'codegen.ts'));
  await copyFile('schema.graphql', path.join(project, 'schema.graphql'));
  await writeFile(path.join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  for (const client of ['urql', 'apollo']) {
    await copyFile(`examples/api-keys-${client}.tsx`, path.join(project, `src/api-keys-${client}.tsx`));
  }
  const documents = [
    "import { graphql } from './gql';",
    'export const Me = graphql(`query MyId { me { id } }`);',
    'export const Create = graphql(`mutation Create($input: CreateApiKeyInput!) { createApiKey(input: $input) { plaintextKey } }`);',
  ];
  await writeFile(path.join(project, 'src/documents.ts'), documents.join('\n'));
  const generated = await run('@graphql-codegen/cli/esm/bin.js', '--config', 'codegen.ts');
  expect(generated).toMatchObject({ code: 0 });
});
afterAll(() => rm(project, { recursive: true, force: true }));

describe('examples/codegen.ts, copied without changes', () => {
  test('generates documents that compile in components of urql and of Apollo Client', async () => {
    expect(await run('typescript/bin/tsc', '-p', '.')).toEqual({ code: 0, output: '' });
  });

  test('generates types that detect mistakes', async () => {
    const files = Object.values(MISUSES).map(([client, code], index) => {
      const hook = code.includes('useQuery') ? 'useQuery' : 'useMutation';
      const document = code.includes('Me') ? 'Me' : 'Create';
      const imports = `import { ${hook} } from '${client}';\nimport { ${document} } from './documents';\n`;
      return writeFile(path.join(project, `src/misuse-${index}.ts`), imports + code);
    });
    await Promise.all(files);
    const { output } = await run('typescript/bin/tsc', '-p', '.', '--pretty', 'false');
    const errors = [...output.matchAll(/^src\/([\w-]+)\.\w+\(\d+,\d+\): error (TS\d+)/gm)].map(([, file, error]) => `${file} ${error}`);
    expect(errors.sort()).toEqual(Object.values(MISUSES).map(([, , error], index) => `misuse-${index} ${error}`));
  });
});
