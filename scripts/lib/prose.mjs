// Finds the prose of a file: comments, strings that people read, test names, Markdown outside code. Everything else is
// replaced by spaces, so that every phrase keeps its line.
import jsTokens from 'js-tokens';
import { Lexer } from 'yaml';

/**
 * @typedef {'comment' | 'string' | 'test name' | 'description' | 'markdown'} Kind
 * @typedef {{ line: number, kind: Kind, text: string }} Place
 * @typedef {{ comments: boolean, strings: boolean, titles: boolean, jsx: boolean }} JavaScriptOptions
 */

/** @param {string} text */
const spaces = (text) => text.replace(/[^\n]/g, ' ');

/** Replaces code in backticks by spaces. A backtick without its pair ends with its paragraph. @param {string} text */
const withoutCode = (text) => text.replace(/(`+)(?!`)(?:(?!\n\s*\n)[\s\S])*?[^`]\1(?!`)/g, spaces);

/** The start of an SQL statement. The names in it are not prose. */
const SQL = /^[`'"]\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER)\s/;

const TEST_FUNCTIONS = new Set(['describe', 'test', 'it']);
const NOT_TAGS = new Set(['return', 'case', 'typeof', 'await', 'yield', 'throw', 'default', 'in', 'of', 'else', 'void', 'new']);
const BLANK = new Set(['WhiteSpace', 'LineTerminatorSequence']);
const COMMENTS = new Set(['SingleLineComment', 'MultiLineComment', 'HashbangComment']);

/** @param {string} comment */
const commentText = (comment) =>
  withoutCode(
    comment
      .replace(/^(?:\/\/+|\/\*+|#!)/, spaces)
      .replace(/\*+\/$/, spaces)
      .replace(/^\s*\*/gm, spaces)
      .replace(/@\w+(?:\s+\{[^}]*\})?/g, spaces),
  );

/**
 * Joins the comments of consecutive lines, so that a phrase is found across lines.
 * @param {Place[]} places
 */
function joinComments(places) {
  /** @type {Place[]} */
  const joined = [];
  for (const place of places) {
    const last = joined.at(-1);
    const isNext = last?.kind === 'comment' && place.kind === 'comment' && last.line + last.text.split('\n').length === place.line;
    if (last && isNext) last.text += `\n${place.text}`;
    else joined.push({ ...place });
  }
  return joined;
}

/**
 * @param {{ type: string, value: string }[]} tokens the significant tokens before an opening parenthesis
 * @returns {string[]} the called name and its properties: `test.each` is ['test', 'each']
 */
function calledName(tokens) {
  /** @type {string[]} */
  const names = [];
  for (let index = tokens.length - 1; tokens[index]?.type === 'IdentifierName'; index -= 2) {
    names.unshift(tokens[index]?.value ?? '');
    if (tokens[index - 1]?.value !== '.') break;
  }
  return names;
}

/** Tracks the parentheses of a file, to find the strings that name a test. */
class Calls {
  /** @type {{ names: string[], brackets: number }[]} */
  #open = [];
  /** @type {string[]} */
  #closed = [];

  /** @param {string} punctuator @param {{ type: string, value: string }[]} before */
  see(punctuator, before) {
    const call = this.#open.at(-1);
    // In `test.each(table)('title')` the first call names the second.
    if (punctuator === '(') this.#open.push({ names: before.at(-1)?.value === ')' ? this.#closed : calledName(before), brackets: 0 });
    if (punctuator === ')') this.#closed = this.#open.pop()?.names ?? [];
    if (punctuator === '[' && call) call.brackets += 1;
    if (punctuator === ']' && call) call.brackets -= 1;
  }

  /** @param {string | undefined} previous the token before a string */
  isTitle(previous) {
    const { names: [called = '', ...rest] = [], brackets = 0 } = this.#open.at(-1) ?? {};
    if (!TEST_FUNCTIONS.has(called)) return false;
    // In a table of tests the first column is the title.
    return previous === '(' || (rest.includes('each') && (brackets === 1 || (brackets === 2 && previous === '[')));
  }
}

/**
 * @param {string} source JavaScript, TypeScript or a Prisma schema, which has the same form of comments
 * @param {JavaScriptOptions} options
 * @returns {Place[]}
 */
export function javascriptProse(source, options) {
  /** @type {Place[]} */
  const places = [];
  /** @type {{ type: string, value: string }[]} */
  const before = [];
  /** @type {boolean[]} whether each template that is open is SQL, or has a tag */
  const tagged = [];
  const calls = new Calls();
  let line = 1;
  for (const token of jsTokens(source, { jsx: options.jsx })) {
    const { type, value } = token;
    if ('closed' in token && !token.closed) throw new Error(`line ${line}: ${type} without an end`);
    const previous = before.at(-1);
    if (type === 'TemplateHead' || type === 'NoSubstitutionTemplate') tagged.push(isTag(previous) || SQL.test(value));
    const isText = /^(?:StringLiteral|NoSubstitutionTemplate|Template|JSXText|JSXString)/.test(type);
    if (COMMENTS.has(type) && options.comments) places.push({ line, kind: 'comment', text: commentText(value) });
    else if (isText && calls.isTitle(previous?.value)) {
      if (options.titles) places.push({ line, kind: 'test name', text: withoutCode(value.slice(1, -1)) });
    } else if (isText && options.strings && !tagged.at(-1) && /[\p{L}.,:;] \p{L}/u.test(value)) {
      places.push({ line, kind: 'string', text: value.replace(/^[`'"}]|[`'"]$|\$\{$/g, ' ') });
    }
    if (type === 'TemplateTail' || type === 'NoSubstitutionTemplate') tagged.pop();
    if (type === 'Punctuator') calls.see(value, before);
    if (!BLANK.has(type) && !COMMENTS.has(type)) before.push(token);
    line += value.split('\n').length - 1;
  }
  return joinComments(places);
}

/** @param {{ type: string, value: string } | undefined} previous the token before a template */
const isTag = (previous) =>
  (previous?.type === 'IdentifierName' && !NOT_TAGS.has(previous.value)) || previous?.value === '>' || previous?.value === ')';

/** @param {string} source @returns {Place[]} comments of Dockerfiles, shell scripts and .env files */
export function hashComments(source) {
  const lines = source.split('\n').map((text, index) => ({ line: index + 1, text }));
  return joinComments(
    lines
      .filter(({ text }) => /^\s*#/.test(text))
      .map(({ line, text }) => ({ line, kind: 'comment', text: withoutCode(text.replace(/^\s*#+/, spaces)) })),
  );
}

/** @param {string} source @returns {Place[]} */
export function yamlComments(source) {
  /** @type {Place[]} */
  const places = [];
  let line = 1;
  for (const token of new Lexer().lex(source)) {
    if (token.startsWith('#')) places.push({ line, kind: 'comment', text: withoutCode(token.replace(/^#+/, spaces)) });
    line += token.split('\n').length - 1;
  }
  return joinComments(places);
}

const CODE_BLOCK = /^( *)(`{3,}|~{3,})[\s\S]*?(?:^ *\2[`~]*$|(?![\s\S]))/gm;
const LINK_TARGET = /\]\([^)\s]*(?: "[^"]*")?\)|<?https?:\/\/\S+|^\[[^\]]+\]:.*$/gm;

/**
 * @param {string} source
 * @returns {string} the Markdown without blocks of code, code in a line, HTML comments and the targets of links
 */
export const markdownProse = (source) =>
  withoutCode(source.replace(CODE_BLOCK, spaces).replace(/<!--[\s\S]*?-->/g, spaces)).replace(LINK_TARGET, spaces);
