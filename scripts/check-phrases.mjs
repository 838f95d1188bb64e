// Checks the language of the project: words that docs/english.md replaces, the form of GraphQL descriptions, and the
// width of Markdown. Prints `file:line: phrase → suggestion` and exits with 1 if it finds any. With --summary it prints
// only how many there are of each kind.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { descriptionProblems, descriptionsOf } from './lib/descriptions.mjs';
import { EXEMPT, PHRASES } from './lib/phrases.mjs';
import { root } from './lib/prepare.mjs';
import { hashComments, javascriptProse, markdownProse, yamlComments } from './lib/prose.mjs';

/**
 * @typedef {import('./lib/prose.mjs').Place} Place
 * @typedef {{ file: string, line: number, kind: string, phrase: string, suggestion: string }} Problem
 */

export const COLUMNS_MAX = 100;

/** A word that is part of a name, such as access-door.ts, does not count. */
const PATTERNS = PHRASES.map(([pattern, suggestion]) => ({
  regex: new RegExp(`(?<![\\w./@-])(?:${pattern.replaceAll(' ', '\\s+')})(?![\\w-]|[./]\\w)`, 'gi'),
  suggestion,
}));

/** @param {string} file @param {string} text @returns {Place[] | null} null: nothing in such a file is prose */
function placesIn(file, text) {
  const jsx = /\.[jt]sx$/.test(file);
  if (/^test\/.*\.(?:[cm]?js|tsx?)$/.test(file)) return javascriptProse(text, { comments: true, strings: false, titles: true, jsx });
  if (/\.(?:[cm]?js|ts|[jt]sx)$/.test(file)) return javascriptProse(text, { comments: true, strings: true, titles: true, jsx });
  if (/\.prisma$/.test(file)) return javascriptProse(text, { comments: true, strings: false, titles: false, jsx: false });
  if (/\.ya?ml$/.test(file)) return yamlComments(text);
  if (/\.md$/.test(file)) return [{ line: 1, kind: 'markdown', text: markdownProse(text) }];
  if (/(?:^|\/)(?:\.env\.example|Dockerfile|Caddyfile|run)$|\.(?:conf|sh|env\.example|graphql)$/.test(file)) return hashComments(text);
  return null;
}

/** @param {string} file @param {Place} place @returns {Problem[]} */
function phrasesIn(file, { line, kind, text }) {
  return PATTERNS.flatMap(({ regex, suggestion }) =>
    [...text.matchAll(regex)]
      .filter(([phrase]) => /\p{Ll}/u.test(phrase))
      .map(({ 0: phrase, index }) => ({
        file,
        line: line + text.slice(0, index).split('\n').length - 1,
        kind,
        phrase: phrase.replace(/\s+/g, ' '),
        suggestion,
      })),
  );
}

/** @param {string} file @param {string} text @returns {Problem[]} */
function wideLines(file, text) {
  const lines = markdownProse(text).split('\n');
  return text.split('\n').flatMap((line, index) => {
    const prose = (lines[index] ?? '').trim();
    // Tables and blocks of code cannot be wrapped; nor can the target of a link, which a word may precede.
    const isProse = prose !== '' && !line.startsWith('|') && /\s/.test(prose);
    const columns = [...line.replace(/\]\([^)]*\)|https?:\/\/\S+/g, '')].length;
    if (!isProse || columns <= COLUMNS_MAX) return [];
    return [{ file, line: index + 1, kind: 'width', phrase: `${columns} columns`, suggestion: `wrap at ${COLUMNS_MAX}` }];
  });
}

/** @param {string} file @param {string} sdl @returns {Problem[]} */
function schemaProblems(file, sdl) {
  return descriptionsOf(sdl).flatMap(({ line, name, text }) => {
    if (text === null) return [{ file, line, kind: 'description', phrase: `${name} has no description`, suggestion: 'describe it' }];
    const form = descriptionProblems(text).map(([phrase, suggestion]) => ({ file, line, kind: 'description', phrase, suggestion }));
    const prose = text.replace(/`[^`]*`/g, ' ');
    return [...form, ...phrasesIn(file, { line, kind: 'description', text: prose })];
  });
}

/**
 * @param {string} file its path in the project, which says what it holds
 * @param {string} text
 * @returns {Problem[]} in the order of their lines
 */
export function checkText(file, text) {
  if (EXEMPT.some((pattern) => pattern.test(file))) return [];
  const found = (placesIn(file, text) ?? []).flatMap((place) => phrasesIn(file, place));
  if (/\.md$/.test(file)) found.push(...wideLines(file, text));
  if (file === 'schema.graphql') found.push(...schemaProblems(file, text));
  return found.sort((one, other) => one.line - other.line);
}

/** @param {string} folder @param {ReadonlySet<string>} ignored @returns {string[]} the files under a folder, by their path in the project */
function filesUnder(folder, ignored) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const place = path.posix.join(folder, entry.name);
    if (ignored.has(entry.name) || ignored.has(place)) return [];
    return entry.isDirectory() ? filesUnder(place, ignored) : [place];
  });
}

/** @returns {string[]} the files that git knows or would add; without a repository, the files outside of ignored folders */
function projectFiles() {
  if (!existsSync(path.join(root, '.git'))) {
    const lines = readFileSync(path.join(root, '.gitignore'), 'utf8').split('\n');
    return filesUnder('', new Set(lines.map((line) => line.replace(/\/$/, ''))));
  }
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  return [...new Set(listed.split('\0'))].filter((file) => file !== '' && existsSync(path.join(root, file)));
}

/** @returns {Problem[]} */
export function checkProject() {
  return projectFiles()
    .sort()
    .flatMap((file) => {
      try {
        return checkText(file, readFileSync(path.join(root, file), 'utf8'));
      } catch (error) {
        throw new Error(`${file} cannot be read`, { cause: error });
      }
    });
}

if (process.argv[1] === import.meta.filename) {
  const problems = checkProject();
  if (!process.argv.includes('--summary')) {
    for (const { file, line, phrase, suggestion } of problems) console.log(`${file}:${line}: ${phrase} → ${suggestion}`);
  }
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { kind } of problems) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  console.log([`${problems.length} phrases to replace`, ...[...counts].map(([kind, count]) => `${kind} ${count}`)].join(', '));
  process.exitCode = problems.length > 0 ? 1 : 0;
}
