import { z } from 'zod';
import { PRODUCT } from './auth/external/id-namespace.js';
import { LOCAL_ISSUER } from './auth/pinned-jwt.js';
import { SERVICE_TOKEN_NAMESPACE } from './auth/service-tokens/service-token-rules.js';
import { canonicalRange } from './platform/ip/address-ranges.js';
import { trustedProxyFault } from './platform/ip/trusted-proxies.js';
import { secretFault } from './platform/secrets.js';
import { isVisibleAscii, shortTextFault } from './platform/text.js';
import { scopeFault } from './policies/scopes.js';

/** The form of a setting. No message of its schema may repeat a value, because settings hold secrets. */
export interface Form<Value> {
  /** What a value is, as an error message and the documentation state it: "a whole number from 1 to 5". */
  text: string;
  /** Checks and converts a value. Its messages continue a sentence that starts with the name of the setting. */
  schema: z.ZodType<Value, string>;
}

/** The words "one, two or three". British English has no comma before the last word, as in the rest of the documentation. */
const alternatives = new Intl.ListFormat('en-GB', { type: 'disjunction' });

function formOf(text: string, isValid: (value: string) => boolean): Form<string> {
  return { text, schema: z.string().refine(isValid, `must be ${text}`) };
}

/** Any text, for a value that is checked only when it is used, or together with another setting. */
export const anyText = (text: string): Form<string> => ({ text, schema: z.string() });

export function integer(min: number, max: number): Form<number> {
  const { text, schema } = formOf(`a whole number from ${min} to ${max}`, (value) => {
    return /^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max;
  });
  return { text, schema: schema.transform(Number) };
}

export function choice<const Value extends string>(...values: readonly [Value, ...Value[]]): Form<Value> {
  const text = alternatives.format(values);
  return { text, schema: z.enum(values, `must be ${text}`) };
}

const flag = choice('true', 'false');
export const boolean: Form<boolean> = { text: flag.text, schema: flag.schema.transform((value) => value === 'true') };

/**
 * A comma-separated list. An empty item is an error. If it were ignored, `"$A,$B"` with unset variables would be an empty list,
 * which allows everything. Messages name items by their position, because they may be secrets.
 *
 * @param items what the items are, in the plural
 * @param faultOf returns the rule that an item breaks; null if the item is valid
 */
function listOf(items: string, faultOf: (item: string) => string | null): Form<string[]> {
  const schema = z
    .string()
    .transform((text) => text.split(',').map((item) => item.trim()))
    .superRefine((list, context) => {
      for (const [index, item] of list.entries()) {
        const first = list.indexOf(item);
        const fault =
          item === '' ? 'is empty. Remove it and its comma' : first < index ? `repeats item ${first + 1}. Remove it` : faultOf(item);
        if (fault !== null) context.addIssue({ code: 'custom', message: `item ${index + 1} ${fault}` });
      }
    });
  return { text: `a comma-separated list of ${items}`, schema };
}

const isUrl = (text: string, protocol: RegExp, isComplete: (url: URL) => boolean): boolean =>
  URL.canParse(text) && protocol.test(new URL(text).protocol) && isComplete(new URL(text));

export const postgresUrl = formOf('a URL like postgresql://user:password@host:5432/database', (text) =>
  isUrl(text, /^postgres(ql)?:$/, ({ pathname }) => pathname.length > 1),
);

export const redisUrl = formOf('a URL like redis://user:password@host:6379, or rediss://… for TLS', (text) =>
  isUrl(text, /^rediss?:$/, ({ hostname }) => hostname !== ''),
);

export const origins = listOf('origins', (text) =>
  URL.canParse(text) && new URL(text).origin === text ? null : 'must be an origin like https://app.example.com',
);

/** A URL parser accepts more characters in a host, such as `;`, which separates directives in a content security policy. */
const isWebOrigin = (text: string): boolean =>
  /^https?:\/\/[a-z0-9.:[\]-]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;

export const webOrigin = formOf('an origin like https://keys.example.com', isWebOrigin);

export const webOrigins = listOf('origins', (text) => (isWebOrigin(text) ? null : 'must be an origin like https://id.example.com'));

export const proxies = listOf('IP addresses and CIDR ranges', trustedProxyFault);

export const privateTargets = listOf('IP addresses, CIDR ranges and host names', (text) =>
  canonicalRange(text) !== null || /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(text)
    ? null
    : 'must be an IP address, a CIDR range or a host name',
);

const dayTexts = listOf('different whole numbers from 1 to 365', (text) =>
  /^[1-9]\d{0,2}$/.test(text) && Number(text) <= 365 ? null : 'must be a whole number from 1 to 365',
);
/** In descending order. */
export const days: Form<number[]> = {
  text: dayTexts.text,
  schema: dayTexts.schema.transform((texts) => texts.map(Number).sort((one, other) => other - one)),
};

export const scopes = listOf('scopes such as orders:read', scopeFault);

export const webUrl = formOf('a URL like https://api.example.com/v1/ping', (text) =>
  isUrl(text, /^https?:$/, ({ username, password }) => username === '' && password === ''),
);

export const header = formOf('the name of a header, or a name and a scheme such as Authorization: Bearer', (text) =>
  /^[A-Za-z0-9-]{1,64}(: [A-Za-z0-9-]{1,64})?$/.test(text),
);

export const productName = formOf('1 to 100 characters, without control characters', (text) => shortTextFault(text, 100) === null);

const secretTexts = listOf('secrets in base64, of at least 32 bytes each', (text) => {
  const fault = secretFault(text);
  return fault === null ? null : `${fault} (create a secret with: openssl rand -base64 32)`;
});
export const secrets: Form<Buffer[]> = {
  text: secretTexts.text,
  schema: secretTexts.schema.transform((texts) => texts.map((text) => Buffer.from(text, 'base64'))),
};

export const keyNamespace = formOf(
  `2 to 12 lower-case letters and digits that start with a letter, but not ${SERVICE_TOKEN_NAMESPACE}`,
  (text) => /^[a-z][a-z0-9]{1,11}$/.test(text) && text !== SERVICE_TOKEN_NAMESPACE,
);

/** 16 random characters cannot be guessed. A shorter token is a word or a placeholder. */
const TOKEN_CHARACTERS_MIN = 16;
const TOKEN_TEXT = `of at least ${TOKEN_CHARACTERS_MIN} visible ASCII characters`;

const tokenFault = (token: string): string | null =>
  isVisibleAscii(token) && token.length >= TOKEN_CHARACTERS_MIN
    ? null
    : `must be a token ${TOKEN_TEXT}, without spaces (create one with: openssl rand -hex 32)`;

export const tokens = listOf(`tokens ${TOKEN_TEXT} each, without spaces`, tokenFault);

export const token: Form<string> = {
  text: `a token ${TOKEN_TEXT}, without spaces`,
  schema: z.string().superRefine((text, context) => {
    const fault = tokenFault(text);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  }),
};

export const oidcScope = formOf('scopes of OpenID Connect, separated by single spaces, that include openid', (text) => {
  const scopes = text.split(' ');
  return scopes.includes('openid') && scopes.every((scope) => isVisibleAscii(scope));
});

/** The name of an issuer or an audience in a JWT. */
export const partyName = formOf('1 to 500 visible ASCII characters, without spaces', (text) => text.length <= 500 && isVisibleAscii(text));

/**
 * Returns the rule that the recorded issuer of external ids breaks; null if it is valid. The ids of the product itself are
 * recorded as `product`.
 */
export function issuerFault(issuer: string): string | null {
  if (issuer === LOCAL_ISSUER) return `must not be ${LOCAL_ISSUER}, because that is the issuer of the tokens of Keyward itself`;
  return partyName.schema.safeParse(issuer).error?.issues[0]?.message ?? null;
}

export const issuer: Form<string> = {
  text: partyName.text,
  schema: z.string().superRefine((text, context) => {
    const fault = text === PRODUCT ? `must not be ${PRODUCT}, because that name stands for the ids of your product` : issuerFault(text);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  }),
};
