import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

interface Header {
  required?: boolean;
  schema: object;
}
interface Response {
  headers: Record<string, Header>;
  content: Record<string, { schema: object }>;
}
interface Webhook {
  parameters: (Header & { name: string })[];
  requestBody: { content: { 'application/json': { schema: object } } };
  responses: Record<string, object>;
}
interface Document {
  info: { version: string };
  paths: Record<string, { get: { responses: Record<string, Response> } }>;
  webhooks: Record<string, { post: Webhook }>;
  components: { schemas: Record<string, object> };
}

/** docs/openapi.yaml as it is written. */
export const OPEN_API = parse(readFileSync('docs/openapi.yaml', 'utf8')) as Document;

/** Replaces references, except those within the schemas, which Ajv resolves. */
function resolved(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(resolved);
  if (typeof node !== 'object' || node === null) return node;
  const { $ref: reference } = node as { $ref?: string };
  if (reference && !reference.startsWith('#/components/schemas/')) {
    const target = reference.slice(2).split('/');
    return resolved(target.reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], OPEN_API));
  }
  if (reference) return { $ref: `openapi${reference}` };
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, resolved(value)]));
}

/** The document without references to its own parts. Its schemas can be passed to `problemsOf`. */
export const RESOLVED_OPEN_API = resolved(OPEN_API) as Document;

const ajv = new Ajv2020({ strict: false });
// The package is CommonJS, and Node's types do not show its default export as a function.
(addFormats as unknown as (target: Ajv2020) => void)(ajv);
ajv.addSchema(RESOLVED_OPEN_API as object, 'openapi');

/** Returns what is wrong with a value by a schema of the document. Null if the value is valid. */
export const problemsOf = (schema: object, value: unknown): string | null => {
  const validate = ajv.compile(schema);
  return validate(value) ? null : ajv.errorsText(validate.errors);
};
