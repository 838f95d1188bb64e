// The imports between the files of src, and the cycles in them.
import path from 'node:path';

/**
 * @typedef {import('./source-facts.mjs').Facts} Facts
 * @typedef {{ from: string, to: string, line: number }} Edge `to` is a path in src, or the name of a package
 */

/**
 * @param {string} pattern `**` for any path, `*` for any name
 * @returns {RegExp}
 */
const toRegex = (pattern) =>
  new RegExp(
    `^${pattern
      .replace(/[.+^$()|[\]{}\\]/g, '\\$&')
      .replaceAll('**/', '\u0000')
      .replaceAll('**', '.*')
      .replace(/(?<!\.)\*/g, '[^/]*')
      .replaceAll('\u0000', '(?:.*/)?')}$`,
  );

/** @param {string} file @param {readonly string[]} patterns */
export const matches = (file, patterns) => patterns.some((pattern) => toRegex(pattern).test(file));

/**
 * @param {ReadonlyMap<string, Facts>} files by path in src
 * @returns {Edge[]}
 */
export const edgesOf = (files) =>
  [...files].flatMap(([from, { imports }]) =>
    imports.map(({ line, specifier }) => {
      const target = path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, '.ts');
      return { from, line, to: specifier.startsWith('.') ? target : specifier };
    }),
  );

/**
 * @param {readonly Edge[]} edges
 * @returns {{ edge: Edge, cycle: string[] }[]} each import that closes a cycle, and the files on it
 */
export function cyclesIn(edges) {
  /** @type {Map<string, Edge[]>} */
  const outgoing = new Map();
  for (const edge of edges) outgoing.set(edge.from, [...(outgoing.get(edge.from) ?? []), edge]);
  /** @type {{ edge: Edge, cycle: string[] }[]} */
  const cycles = [];
  /** @type {Set<string>} */
  const done = new Set();
  /** @param {string} file @param {string[]} path the files that lead to it, itself the last */
  const visit = (file, path) => {
    for (const edge of outgoing.get(file) ?? []) {
      const start = path.indexOf(edge.to);
      if (start >= 0) cycles.push({ edge, cycle: [...path.slice(start), edge.to] });
      else if (!done.has(edge.to)) visit(edge.to, [...path, edge.to]);
    }
    done.add(file);
  };
  for (const file of outgoing.keys()) if (!done.has(file)) visit(file, [file]);
  return cycles;
}
