// Checks the layout of src against scripts/lib/layers.mjs. No import leads to a higher layer, and there is no cycle. Other
// features do not use the private files and tables of a feature. Services import neither GraphQL nor HTTP. Files and functions
// stay small. Prints `src/file:line: problem` for each problem, and exits with 1 if it finds any.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cyclesIn, edgesOf, matches } from './lib/import-graph.mjs';
import { LAYERS, LIMITS, OWNERS, PRESENTATION, PRESENTATION_IMPORTS, PRIVATE_FILES, READERS } from './lib/layers.mjs';
import { root } from './lib/prepare.mjs';
import { factsOf } from './lib/source-facts.mjs';

/**
 * @typedef {import('./lib/source-facts.mjs').Facts} Facts
 * @typedef {import('./lib/import-graph.mjs').Edge} Edge
 * @typedef {'layer' | 'climbing' | 'cycle' | 'private' | 'service' | 'table' | 'size'} Rule
 * @typedef {{ file: string, line: number, rule: Rule, message: string }} Problem
 */

const TOP = LAYERS.length - 1;

/** @param {string} file @returns {string} the feature, or the file itself at the top level of src */
const placeOf = (file) => file.split('/')[0] ?? '';

/** @param {string} file @returns {number} -1 for a place that the table does not name */
const layerOf = (file) => LAYERS.findIndex((places) => places.includes(placeOf(file)));

/** @param {string} file */
const isFeature = (file) => layerOf(file) > 0 && layerOf(file) < TOP;

/** @param {Edge} edge @returns {Problem[]} */
function edgeProblems({ from, to, line }) {
  const [below, above] = [layerOf(to), layerOf(from)];
  /** @type {Problem[]} */
  const problems = [];
  /** @param {Rule} rule @param {string} message */
  const report = (rule, message) => problems.push({ file: from, line, rule, message });
  if (below >= 0 && above >= 0 && placeOf(from) !== placeOf(to) && (below > above || (below === above && below !== TOP))) {
    report('climbing', `imports ${to}, which is not below ${placeOf(from)}`);
  }
  const isOwn = placeOf(from) === placeOf(to);
  const rule = PRIVATE_FILES.find(({ files }) => isFeature(to) && matches(to, [files]));
  if (rule && !isOwn && !matches(from, rule.importedBy)) report('private', `imports ${to}, which belongs to ${placeOf(to)} alone`);
  if (!matches(from, PRESENTATION) && matches(to, PRESENTATION_IMPORTS)) report('service', `is a service and imports ${to}`);
  return problems;
}

/**
 * @param {string} schema the text of schema.prisma
 * @returns {{ model: string, delegate: string, table: RegExp, write: RegExp }[]} `write` matches statements that write the table
 */
function modelsOf(schema) {
  return [...schema.matchAll(/^model (\w+) \{([\s\S]*?)^\}/gm)].map(([, model = '', body = '']) => {
    const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? model;
    // Names of tables, such as users, occur in sentences too, so the SQL keyword before the name must be in capitals.
    const after = (/** @type {string} */ keywords) => new RegExp(`\\b(?:${keywords})\\s+"?${table}\\b`);
    const delegate = model.charAt(0).toLowerCase() + model.slice(1);
    return { model, delegate, table: after('FROM|JOIN|UPDATE|INTO|TABLE|ONLY'), write: after('DELETE FROM|UPDATE|INTO|TABLE|ONLY') };
  });
}

/** @param {string} file @param {Facts} facts @param {ReturnType<typeof modelsOf>} models @returns {Problem[]} */
function tableProblems(file, facts, models) {
  return models.flatMap(({ model, delegate, table, write }) => {
    const owner = OWNERS.get(model);
    if (owner === placeOf(file)) return [];
    const mayRead = READERS.some(({ files, models: read }) => matches(file, [files]) && read.includes(model));
    const lines = facts.prismaCalls.filter((call) => call.delegate === delegate).map(({ line }) => line);
    for (const { line, text } of facts.texts) {
      const found = (mayRead ? write : table).exec(text);
      if (found) lines.push(line + text.slice(0, found.index).split('\n').length - 1);
    }
    const message = owner ? `uses the table of ${model}, which belongs to ${owner}` : `uses the table of ${model}, which has no owner`;
    return lines.map((line) => ({ file, line, rule: /** @type {const} */ ('table'), message }));
  });
}

/** @param {string} file @param {Facts} facts @returns {Problem[]} */
function sizeProblems(file, { lines, functions }) {
  const rule = /** @type {const} */ ('size');
  const long = functions.filter((each) => each.lines > LIMITS.functionLines);
  const problems = long.map(({ line, name, lines: count }) => ({ file, line, rule, message: `${name} has ${count} lines` }));
  return lines > LIMITS.fileLines ? [{ file, line: 1, rule, message: `has ${lines} lines` }, ...problems] : problems;
}

/** @param {number[]} numbers */
const median = (numbers) => numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;

/**
 * @param {ReadonlyMap<string, string>} sources the text of each file, by its path in src
 * @param {string} schema the text of schema.prisma
 * @returns {{ problems: Problem[], summary: string }}
 */
export function checkImports(sources, schema) {
  const files = new Map([...sources].map(([file, source]) => [file, factsOf(source)]));
  const edges = edgesOf(files);
  const inside = edges.filter(({ to }) => files.has(to));
  const models = modelsOf(schema);
  /** @type {Problem[]} */
  const problems = [
    ...[...files.keys()]
      .filter((file) => layerOf(file) < 0)
      .map((file) => ({ file, line: 1, rule: /** @type {const} */ ('layer'), message: 'is in no layer' })),
    ...edges.flatMap(edgeProblems),
    ...cyclesIn(inside).map(({ edge, cycle }) => ({
      file: edge.from,
      line: edge.line,
      rule: /** @type {const} */ ('cycle'),
      message: cycle.join(' → '),
    })),
    ...[...files].flatMap(([file, facts]) => [...tableProblems(file, facts, models), ...sizeProblems(file, facts)]),
  ];
  const middle = median([...files.values()].map(({ lines }) => lines));
  if (middle > LIMITS.medianFileLines) problems.push({ file: '', line: 1, rule: 'size', message: `the median file has ${middle} lines` });
  /** @param {Rule} rule */
  const count = (rule) => problems.filter((problem) => problem.rule === rule).length;
  const between = inside.filter(({ from, to }) => isFeature(from) && isFeature(to) && placeOf(from) !== placeOf(to)).length;
  const summary = [
    `${files.size} files, ${inside.length} imports, ${between} between features, ${count('climbing')} climbing, ${count('cycle')} cycles`,
    `${count('private')} of private files, ${count('service')} of GraphQL or HTTP in services, ${count('table')} uses of other tables, ${count('layer')} files in no layer`,
    `median file ${middle} lines, ${count('size')} files or functions too long`,
  ].join('\n');
  return { problems: problems.sort((one, other) => one.file.localeCompare(other.file) || one.line - other.line), summary };
}

/**
 * The console knows the API by schema.graphql alone: it imports nothing of the server, and the server imports nothing of it.
 *
 * @param {ReadonlyMap<string, string>} server the text of each file of src, by its path in the project
 * @param {ReadonlyMap<string, string>} browser the text of each file of the console, by its path in the project
 * @returns {string[]} each problem as `file:line: message`
 */
export function checkConsole(server, browser) {
  return [...server, ...browser].flatMap(([file, source]) => {
    const facts = factsOf(source, file.endsWith('.tsx'));
    const inConsole = browser.has(file);
    const imports = facts.imports.map(({ line, specifier }) => ({
      line,
      to: path.posix.join(path.posix.dirname(file), specifier),
      specifier,
    }));
    const crossing = imports.filter(({ to, specifier }) => specifier.startsWith('.') && to.startsWith('console/') !== inConsole);
    // The catalogue of texts is a list.
    const long = inConsole && !file.includes('/text/') && facts.lines > LIMITS.fileLines ? [`${file}:1: has ${facts.lines} lines`] : [];
    return [
      ...crossing.map(({ line, to }) => `${file}:${line}: imports ${to}, which is ${inConsole ? 'outside' : 'part'} of the console`),
      ...long,
    ];
  });
}

/** @param {string} folder @param {RegExp} pattern @returns {Map<string, string>} the sources of a folder, without generated files */
function readSources(folder, pattern) {
  const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => file.split(path.sep).join('/'));
  const own = files.filter((file) => pattern.test(file) && !/(?:^|\/)(?:generated|gql)\//.test(file)).sort();
  return new Map(own.map((file) => [file, readFileSync(path.join(root, folder, file), 'utf8')]));
}

/** @param {string} folder @param {ReadonlyMap<string, string>} sources @returns {Map<string, string>} by their path in the project */
const inProject = (folder, sources) => new Map([...sources].map(([file, source]) => [`${folder}/${file}`, source]));

if (process.argv[1] === import.meta.filename) {
  const server = readSources('src', /\.ts$/);
  const browser = readSources('console/src', /\.tsx?$/);
  const { problems, summary } = checkImports(server, readFileSync(path.join(root, 'prisma/schema.prisma'), 'utf8'));
  const consoleProblems = checkConsole(inProject('src', server), inProject('console/src', browser));
  for (const problem of consoleProblems) console.log(problem);
  for (const { file, line, message } of problems) console.log(`src/${file}:${line}: ${message}`);
  console.log(summary);
  process.exitCode = problems.length + consoleProblems.length > 0 ? 1 : 0;
}
