// Reads the facts that the layout check needs from the syntax tree of a TypeScript file.
import { parseSync } from '@swc/core';

/**
 * @typedef {{ line: number, specifier: string }} Import
 * @typedef {{ line: number, lines: number, name: string }} FunctionSize
 * @typedef {{ line: number, delegate: string }} PrismaCall
 * @typedef {{ lines: number, imports: Import[], functions: FunctionSize[], prismaCalls: PrismaCall[], texts: { line: number, text: string }[] }} Facts
 */

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
]);
const PRISMA_METHOD = /^(?:find|create|update|upsert|delete|count$|aggregate$|groupBy$)/;

/** @param {any} node @returns {string | undefined} the module that a node imports */
function importedBy(node) {
  if (['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'].includes(node.type)) return node.source?.value;
  if (node.type === 'TsImportType') return node.argument?.value;
  if (node.type === 'CallExpression' && node.callee?.type === 'Import') return node.arguments[0]?.expression?.value;
  return undefined;
}

/** @param {any} node @returns {string | undefined} `apiKey` in `database.apiKey.findMany(…)` */
function prismaDelegate(node) {
  if (node.type !== 'CallExpression' || node.callee?.type !== 'MemberExpression') return undefined;
  const { object, property } = node.callee;
  return PRISMA_METHOD.test(property.value ?? '') && object.type === 'MemberExpression' ? object.property.value : undefined;
}

/**
 * @param {string} source
 * @returns {Facts}
 */
export function factsOf(source, isJsx = false) {
  const bytes = Buffer.from(source);
  /** @param {number} position byte offset of swc, from 1 */
  const lineAt = (position) =>
    bytes
      .subarray(0, position - 1)
      .toString()
      .split('\n').length;
  /** @type {Facts} */
  const facts = { lines: source.replace(/\n$/, '').split('\n').length, imports: [], functions: [], prismaCalls: [], texts: [] };

  /** @param {any} node @param {{ start: number, end: number }} above the span of the parent */
  const visit = (node, above) => {
    if (node === null || typeof node !== 'object') return;
    const span = node.span ?? above;
    const specifier = importedBy(node);
    if (specifier !== undefined) facts.imports.push({ line: lineAt(span.start), specifier });
    const delegate = prismaDelegate(node);
    if (delegate !== undefined) facts.prismaCalls.push({ line: lineAt(node.callee.object.property.span.start), delegate });
    if (FUNCTIONS.has(node.type)) {
      const [line, end] = [lineAt(span.start), lineAt(span.end)];
      const name =
        node.identifier?.value ?? node.key?.value ?? node.key?.id?.name ?? (node.type === 'Constructor' ? 'constructor' : 'a function');
      facts.functions.push({ line, lines: end - line + 1, name });
    }
    if (node.type === 'TemplateElement') facts.texts.push({ line: lineAt(span.start), text: node.raw });
    if (node.type === 'StringLiteral') facts.texts.push({ line: lineAt(span.start), text: node.value });
    for (const child of Object.values(node)) visit(child, span);
  };
  const module = parseSync(source, { syntax: 'typescript', tsx: isJsx, decorators: true, target: 'es2022' });
  visit(module.body, module.span);
  return facts;
}
