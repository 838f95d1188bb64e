// Documents of 2 to 100 kB that are designed for the highest cost on the server. The benchmark measures each of them, and
// test/platform/graphql/hostile-documents.test.ts limits the work that each document causes.

/** @param {number} count @param {(index: number) => string} part */
const many = (count, part) => Array.from({ length: count }, (_, index) => part(index)).join(' ');
const LINE_FEEDS = '\n'.repeat(45_000);
const conflicts = `{${many(20, (p) => `a:me{${many(14, (i) => `c:x${p}_${i}`)}}`)}}`;
/** @param {string} input */
const create = (input) => `mutation { createApiKey(input: ${input}) { plaintextKey } }`;
/** @param {number} day */
const usage = (day) => `usage(from: "2026-01-0${day}T00:00:00Z", to: "2026-02-01T00:00:00Z") { start }`;
/** @param {number} count @param {string} leaf */
const chain = (count, leaf) => `${many(count, (i) => `fragment F${i} on User { ...F${i + 1} }`)} fragment F${count} on User { ${leaf} }`;
const NAME = 'n'.repeat(90_000);

/** @type {Record<string, string>} */
export const hostileDocuments = {
  'conflicting aliases': conflicts,
  'conflicting aliases behind line feeds': LINE_FEEDS + conflicts,
  'unknown fields behind line feeds': `${LINE_FEEDS}{ ${many(300, (i) => `u${i}`)} }`,
  'unknown fields behind carriage returns': `${'\r'.repeat(95_000)}{ ${many(300, (i) => `u${i}`)} }`,
  'unknown fields behind 99 kB in 1,900 lines': `${`#${'x'.repeat(49)}\n`.repeat(1_900)}{ ${many(300, (i) => `u${i}`)} }`,
  'a valid query behind line feeds': `${'\n'.repeat(99_000)}{ me { id } }`,
  'a syntax error behind line feeds': `${'\n'.repeat(99_000)}{ me { `,
  'a syntax error behind commas': `${','.repeat(99_000)}{ me { `,
  'comments, a line each': `${'#\n'.repeat(49_000)}{ me { id } }`,
  'one field 990 times': `{ me { ${many(990, () => 'id')} } }`,
  'one field 299 times': `{ me { ${many(298, () => 'id')} } }`,
  'one field 299 times, in an unused fragment': `{ me { id } } fragment F on User { ${many(297, () => 'id')} }`,
  'one field 960 times, in an unused fragment': `{ me { id } } fragment F on User { ${many(960, () => 'id')} }`,
  'one field 290 times, in 48 fragments': `{ me { ${many(48, (i) => `...F${i}`)} } } ${many(48, (i) => `fragment F${i} on User { ${many(5, () => 'id')} }`)}`,
  'one field 240 times, each in an inline fragment': `{ me { ${many(240, () => '... { id }')} } }`,
  'inline fragments in each other': `{ me ${'{ ... '.repeat(320)}{ id }${'}'.repeat(320)} }`,
  'the same keys in ten selections': `{ ${many(10, () => `myApiKeys { replaces { replaces { ${many(26, () => 'id')} } } }`)} }`,
  'the same keys nested nine deep': `{ ${many(30, () => `myApiKeys ${'{ replaces '.repeat(8)}{ id }${' }'.repeat(8)}`)} }`,
  'differing arguments, pairwise': `{ ${many(2, (n) => `apiKey(id: "a") { ${many(36, () => usage(n + 1))} }`)} }`,
  'differing arguments, pairwise, behind 90 kB': `${`#${'x'.repeat(98)}\n`.repeat(900)}{ ${many(2, (n) => `apiKey(id: "a") { ${many(36, () => usage(n + 1))} }`)} }`,
  'differing arguments, pairwise, at the limit': `{ ${many(2, (n) => `apiKey(id: "a") { ${many(19, () => usage(n + 1))} }`)} }`,
  'a chain of 48 fragments, spread by each operation': `${many(1, (i) => `query Q${i} { me { ...F0 } }`)} ${chain(46, 'id')}`,
  'operations that share fragments and variables': `${many(24, (i) => `query Q${i}($v: Boolean!) { me { ...F0 } }`)} ${chain(
    23,
    many(8, () => 'id @include(if: $v)'),
  )}`,
  'fragments in a circle': `{ me { ...F0 } } ${many(48, (i) => `fragment F${i} on User { id ...F${(i + 1) % 48} }`)}`,
  'fragments in a circle of 140': `{ me { ...F0 } } ${many(140, (i) => `fragment F${i} on User { ...F${(i + 1) % 140} }`)}`,
  'a fragment bomb': `{ me { ...F0 } } ${many(40, (i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on User { id }`,
  'unused fragments': `{ me { id } } ${many(120, (i) => `fragment F${i} on User { id }`)}`,
  'anonymous operations': many(330, () => '{me}'),
  'named operations': many(190, (i) => `query Q${i} {me}`),
  'operations with one name': many(190, () => 'query Q {me}'),
  'unused variables': `query (${many(240, (i) => `$v${i}: Int`)}) { me { id } }`,
  'undefined variables': `mutation { createApiKey(input: { scopes: [${many(480, (i) => `$v${i}`)}] }) { plaintextKey } }`,
  'variables of one name': `query (${many(240, () => '$v: Int')}) { me { id } }`,
  'repeated directives': `{ me { id ${many(140, () => '@include(if: true)')} } }`,
  'unknown directives': `{ me { id ${many(480, (i) => `@d${i}`)} } }`,
  'repeated arguments': `{ apiKey(${many(320, () => 'id: 1')}) { id } }`,
  'unknown arguments': `{ apiKey(${many(320, (i) => `a${i}: 1`)}) { id } }`,
  'input in input': create(`{ metadata: ${'{ a: '.repeat(240)}1${' }'.repeat(240)} }`),
  'lists in lists': create(`{ scopes: ${'['.repeat(480)}"a"${']'.repeat(480)} }`),
  'input fields of one name': create(`{ ${many(320, () => 'name: "a"')} }`),
  'unknown input fields': create(`{ ${many(320, (i) => `f${i}: 1`)} }`),
  'wrong items': create(`{ scopes: [${many(970, (i) => String(i))}] }`),
  'metadata of numbers': create(`{ metadata: { a: [${many(960, () => '1e308')}] } }`),
  'a string of 99 kB': create(`{ name: "${'x'.repeat(99_000)}" }`),
  'a string of escapes': create(`{ name: "${'\\n'.repeat(49_000)}" }`),
  'a string of escaped code points': create(`{ name: "${'\\u{1F600}'.repeat(10_000)}" }`),
  'a string of emoji': create(`{ name: "${'😀'.repeat(24_000)}" }`),
  'a block string of 1,900 lines': create(`{ name: """${'x'.repeat(49).concat('\n').repeat(1_900)}""" }`),
  'a block string of quotes': create(`{ name: """${'\\"""'.repeat(24_000)}""" }`),
  'a number of 99 kB': `{ myAuditLog(first: ${'1'.repeat(99_000)}) { edges { cursor } } }`,
  'a number of 99 kB in metadata': create(`{ metadata: { a: 1.${'1'.repeat(99_000)} } }`),
  'an unterminated string': `{ me(a: "${'x'.repeat(99_000)}`,
  'a field with a name of 90 kB': `{ ${NAME} }`,
  'a type with a name of 90 kB': `query ($v: ${NAME}) { me { id } }`,
  'an argument with a name of 90 kB': `{ apiKey(${NAME}: 1) { id } }`,
  'an enum value of 90 kB': `{ apiKey(id: "a") { usage(from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", by: ${NAME}) { start } } }`,
  'an input field with a name of 90 kB': create(`{ ${NAME}: 1 }`),
  'a directive with a name of 90 kB': `{ me @${NAME} { id } }`,
  'names that resemble those of the schema': `{ ${many(300, (i) => `myApiKey${i}`)} }`,
  'aliases of __typename': `{ ${many(320, (i) => `a${i}: __typename`)} }`,
  'introspection in circles': `{ __schema { types { ${'fields { type { '.repeat(5)}name${' } }'.repeat(5)} } } }`,
  'introspection ten times': `{ ${many(10, (i) => `a${i}: __schema { types { name fields { name args { name } type { name } } } }`)} }`,
  'introspection of ten lists': `{ __schema { ${many(10, (i) => `a${i}: types { name fields { name args { name } } }`)} } }`,
  'introspection of types of types': `{ __schema { types { ${'ofType { '.repeat(11)}name${' }'.repeat(11)} } } }`,
  'a subscription of 990 fields': `subscription { ${many(990, () => 'me')} }`,
  'type definitions': many(120, (i) => `type T${i} { a: Int }`),
};
