import { Query, Resolver } from 'type-graphql';
import { Public } from '../auth/access-middleware.js';
import { ServerInfo } from './server-info.graphql.js';
import type { ServerInfo as Info } from './server-info.js';

@Resolver()
export class ServerInfoResolver {
  readonly #info: Info;

  constructor(info: Info) {
    this.#info = info;
  }

  @Public()
  @Query(() => ServerInfo, { description: 'What a page must know of the server before a user signs in. No credential is needed.' })
  server(): ServerInfo {
    return this.#info;
  }
}
