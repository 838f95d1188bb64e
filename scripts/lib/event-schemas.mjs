// The JSON Schemas of the events that webhooks send, and their form in an OpenAPI document. Both are derived from the types of the
// events, so call `prepare` first.
import { Document, isScalar, visit } from 'yaml';
import { z } from 'zod';
import { bodySchemaOf, EVENT_TYPES } from '../../dist/webhooks/event-types.js';

/** @typedef {import('../../src/webhooks/event-types.js').EventType} EventType */
/** @typedef {{ [name: string]: any }} Json */

/** Columns of the YAML. */
const COLUMNS_MAX = 120;

/** Items of a list on one line. */
const WORDS_MAX = 5;

/** Parts of `data` that several events have. Each is one schema of the OpenAPI document. */
const SHARED = /** @type {const} */ (['owner', 'apiKey', 'user']);

/** Removes what adds nothing for a reader: the expression of a format, the bounds of every integer, and that names are texts. */
const simplify = (/** @type {{ jsonSchema: Json }} */ { jsonSchema }) => {
  if (jsonSchema.format) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  delete jsonSchema.propertyNames;
};

/** Returns the JSON Schema of the body of an event. @param {EventType} type @returns {Json} */
export const eventSchemaOf = (type) => z.toJSONSchema(bodySchemaOf(type), { override: simplify });

/** Returns the name of a schema, such as `ApiKeyCreated` for `api_key.created`. @param {string} text */
const pascalCase = (text) => text.replace(/(?:^|[._])(\w)/g, (_, letter) => letter.toUpperCase());

/** @param {string} name */
const reference = (name) => ({ $ref: `#/components/schemas/${name}` });

/** The value of a metadata field is defined in each JSON Schema, and once in the OpenAPI document. @param {Json} schema @returns {Json} */
const withJson = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/__schema0"', '"#/components/schemas/Json"'));

/** Returns the schemas of all events, by their names in the OpenAPI document. */
function componentsOf() {
  /** @type {Json} */
  const components = {};
  for (const type of EVENT_TYPES) {
    const { $schema, $defs, ...schema } = withJson(eventSchemaOf(type));
    const { properties } = schema.properties.data;
    for (const name of SHARED) {
      if (!(name in properties)) continue;
      components[`Event${pascalCase(name)}`] = properties[name];
      properties[name] = reference(`Event${pascalCase(name)}`);
    }
    if ($defs) components.Json = { description: 'Any JSON value.', ...$defs.__schema0 };
    components[`${pascalCase(type)}Event`] = schema;
  }
  return components;
}

/** The answers of a receiver. A property with a number as its name would move to the front, so the result is a map. */
const RESPONSES = /** @type {const} */ ([
  ['2XX', 'WebhookDelivered'],
  ['410', 'WebhookGone'],
  ['429', 'WebhookRetryLater'],
  ['503', 'WebhookRetryLater'],
  ['default', 'WebhookFailed'],
]);

/** @param {EventType} type */
const webhookOf = (type) => ({
  post: {
    operationId: `on${pascalCase(type)}`,
    tags: ['Webhooks'],
    summary: bodySchemaOf(type).shape.data.description,
    security: [],
    parameters: ['WebhookId', 'WebhookTimestamp', 'WebhookSignature'].map((name) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: { required: true, content: { 'application/json': { schema: reference(`${pascalCase(type)}Event`) } } },
    responses: new Map(RESPONSES.map(([status, name]) => [status, { $ref: `#/components/responses/${name}` }])),
  },
});

/** Returns a value as YAML, with each reference and each short list of words on one line. @param {object} value @param {string} indent */
function yamlOf(value, indent) {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Map(_, node) {
      if (node.items.length === 1 && node.has('$ref')) node.flow = true;
    },
    Seq(_, node) {
      node.flow = node.items.length <= WORDS_MAX && node.items.every((item) => isScalar(item));
    },
  });
  const text = document.toString({ lineWidth: COLUMNS_MAX - indent.length, singleQuote: true });
  return text.replace(/\[ (.*) \]$/gm, '[$1]').replace(/^(?=.)/gm, indent);
}

/** Returns the generated parts of the OpenAPI document: the webhooks, and the schemas of their bodies. */
export function openApiParts() {
  const webhooks = { webhooks: Object.fromEntries(EVENT_TYPES.map((type) => [type, webhookOf(type)])) };
  return [
    { name: 'webhooks', indent: '', text: yamlOf(webhooks, '') },
    { name: 'schemas of events', indent: '    ', text: yamlOf(componentsOf(), '    ') },
  ];
}
