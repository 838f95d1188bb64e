// The descriptions of a GraphQL schema, and the rules for their form.
import { Kind, parse, visit } from 'graphql';

const ROOT_TYPES = new Set(['Query', 'Mutation', 'Subscription']);

const DESCRIBED = [
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
  Kind.ENUM_VALUE_DEFINITION,
  Kind.DIRECTIVE_DEFINITION,
];

/**
 * @param {string} sdl
 * @returns {{ line: number, name: string, text: string | null }[]} each element that needs one; `text` is null without it
 */
export function descriptionsOf(sdl) {
  /** @type {{ line: number, name: string, text: string | null }[]} */
  const found = [];
  const lines = sdl.split('\n');
  visit(parse(sdl), {
    enter(node) {
      if (!('name' in node) || !node.name || !DESCRIBED.includes(node.kind) || ROOT_TYPES.has(node.name.value)) return;
      const description = 'description' in node ? node.description : undefined;
      const line = (description ?? node).loc?.startToken.line ?? 1;
      // The text of a block string may begin on the line after its quotes.
      const isBelow = lines[line - 1]?.trim() === '"""';
      found.push({ line: isBelow ? line + 1 : line, name: node.name.value, text: description?.value ?? null });
    },
  });
  return found;
}

/**
 * @param {string} text
 * @returns {[problem: string, suggestion: string][]} what is wrong with the form of a description
 */
export function descriptionProblems(text) {
  /** @type {[string, string][]} */
  const problems = [];
  if (!/^\p{Lu}/u.test(text)) problems.push(['no capital letter at the start', 'write a whole sentence']);
  if (!/\.$/.test(text)) problems.push(['no full stop at the end', 'write a whole sentence']);
  if (/^Of\b/.test(text)) problems.push(['starts with “Of”', 'name the thing: ID of the API key.']);
  if (text.split(/\s+/).length < 3) problems.push(['fewer than 3 words', 'say what it is, so that it makes sense alone']);
  return problems;
}
