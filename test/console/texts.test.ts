import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';
import { buildSchema, type GraphQLEnumType } from 'graphql';

const SOURCE = path.resolve('console/src');

/** Properties of components and elements that users read or hear. */
const READ_PROPERTIES = ['aria-label', 'aria-description', 'alt', 'error', 'hint', 'intro', 'label', 'placeholder', 'title'];

type Node = Record<string, unknown> & { type?: string; value?: unknown };

const hasLetters = (text: unknown): text is string => typeof text === 'string' && /\p{L}/u.test(text);

/** Returns the texts of an expression that is shown as it is: literals, and the branches of a choice between them. */
function literalsIn(expression: Node | undefined): string[] {
  if (!expression) return [];
  const { type } = expression;
  if (type === 'StringLiteral') return hasLetters(expression.value) ? [expression.value] : [];
  if (type === 'TemplateLiteral') {
    return (expression.quasis as { cooked?: string }[]).flatMap(({ cooked }) => (hasLetters(cooked) ? [cooked] : []));
  }
  if (type === 'ConditionalExpression') return [...literalsIn(expression.consequent as Node), ...literalsIn(expression.alternate as Node)];
  if (type === 'BinaryExpression') return literalsIn(expression.right as Node);
  return [];
}

/** Returns the texts within the markup of a file. */
function textsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(textsIn);
  if (typeof node !== 'object' || node === null) return [];
  const { type, ...rest } = node as Node;
  const inside = Object.values(rest).flatMap(textsIn);
  if (type === 'JSXText') return hasLetters(rest.value) ? [rest.value.trim(), ...inside] : inside;
  if (type === 'JSXElement') {
    const children = (rest.children as Node[]).filter((child) => child.type === 'JSXExpressionContainer');
    return [...children.flatMap((child) => literalsIn(child.expression as Node)), ...inside];
  }
  if (type !== 'JSXAttribute' || !READ_PROPERTIES.includes(String((rest.name as Node).value))) return inside;
  const value = rest.value as Node | undefined;
  return [...literalsIn(value?.type === 'JSXExpressionContainer' ? (value.expression as Node) : value), ...inside];
}

const textsOf = (source: string): string[] => [...new Set(textsIn(parseSync(source, { syntax: 'typescript', tsx: true }).body))];

describe('the texts of the console', () => {
  const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
  const valuesOf = (name: string) => (schema.getType(name) as GraphQLEnumType).getValues().map((value) => value.name);
  let catalogue: { audit: Record<string, string>; rejections: Record<string, string>; keys: { status: Record<string, string> } };
  beforeAll(async () => {
    // The catalogue formats numbers as the browser's user does. Node 20 has no such object.
    Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en-GB'] }, configurable: true });
    const file = path.join(SOURCE, 'text/en');
    catalogue = (await import(file)).en;
  });

  test('stand in the catalogue alone: the markup holds none', () => {
    const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tsx'));
    expect(files.length).toBeGreaterThan(30);
    const found = files.flatMap((file) => textsOf(readFileSync(path.join(SOURCE, file), 'utf8')).map((text) => `${file}: ${text}`));
    expect(found).toEqual([]);
  });

  test.each([
    ['<p>Sign in</p>', 'Sign in'],
    [`<p>{isNew ? 'New' : text.old}</p>`, 'New'],
    ['<p>{isNew && `Created by you`}</p>', 'Created by you'],
    ['<img alt="A key" />', 'A key'],
    [`<Field label={'Name'} />`, 'Name'],
  ])('are found by this test in %s', (markup, text) => expect(textsOf(`export const x = ${markup};`)).toEqual([text]));

  test.each(['<p>{text.title}</p>', '<p> · </p>', '<p>{count === 1 ? one : other}</p>', '<input type="password" />', "<a href={'/x'} />"])(
    'are not found by this test in %s',
    (markup) => expect(textsOf(`export const x = ${markup};`)).toEqual([]),
  );

  test.each([
    ['AuditAction', () => catalogue.audit],
    ['VerificationCode', () => catalogue.rejections],
    ['ApiKeyStatus', () => catalogue.keys.status],
  ])('console 23: hold words of its own for each value of %s', (name, words) => {
    expect(Object.keys(words()).sort()).toEqual(valuesOf(name).sort());
    const texts = Object.values(words());
    expect(texts.filter((text) => !/^\p{Lu}\p{Ll}/u.test(text))).toEqual([]);
    if (name === 'AuditAction') expect(new Set(texts).size).toBe(texts.length);
  });
});
