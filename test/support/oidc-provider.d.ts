/** The part of the API that the tests use. The official types are another package, which depends on the types of Koa. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  /** The steps that the user must take on the pages of the provider. */
  export const interactionPolicy: {
    base(): { get(prompt: string): { checks: { remove(check: string): void } } };
  };

  export class Provider {
    constructor(issuer: string, configuration: object);
    callback(): RequestListener;
  }
}
