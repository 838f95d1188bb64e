import { isIP } from 'node:net';
import { parseAddress } from '../platform/ip/address.js';
import { matchesRanges, parseRanges, type Range } from '../platform/ip/address-ranges.js';
import { isPublicAddress } from '../platform/ip/public-address.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';
import { characterFault } from '../platform/text.js';

const HTTPS_PORT = 443;
const PRIVILEGED_PORTS_MAX = 1_023;

/** Returns the host of a URL: a name in lower case without a trailing dot, or an address without brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

/** Decides where webhooks may be sent. */
export class TargetRules {
  readonly #hosts: ReadonlySet<string>;
  readonly #ranges: readonly Range[];

  /** @param privateTargets addresses, CIDR ranges and host names that are allowed although they are not public */
  constructor(privateTargets: readonly string[]) {
    this.#ranges = parseRanges(privateTargets);
    this.#hosts = new Set(privateTargets.map((target) => target.toLowerCase()));
  }

  /**
   * Returns whether a connection is allowed. It is called with the address that the connection goes to, so that a name cannot resolve to
   * another address later.
   */
  allows(url: URL, address: string): boolean {
    if (this.#isListed(address) || this.#isListed(hostOf(url))) return true;
    return url.protocol === 'https:' && hasAllowedPort(url) && isPublicAddress(address);
  }

  /** Returns what is wrong with the URL of an endpoint; null if it is valid. The addresses of a name are checked at each connection. */
  faultOf(text: string): string | null {
    if (text.length > WEBHOOK_LIMITS.urlCharactersMax) return `must be at most ${WEBHOOK_LIMITS.urlCharactersMax} characters long`;
    if (!URL.canParse(text) || characterFault(text) !== null) return 'must be an absolute URL like https://app.example.com/webhooks';
    const url = new URL(text);
    if (url.username !== '' || url.password !== '' || url.hash !== '') return 'must have no user name, password or fragment';
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://';
    const isName = isIP(hostOf(url)) === 0;
    // A name may resolve to an address in a listed network.
    if (this.#isListed(hostOf(url)) || (isName && this.#ranges.length > 0)) return null;
    if (url.protocol === 'http:') return 'must begin with https://';
    if (!isName && !isPublicAddress(hostOf(url))) return 'must not lead to an address that is not public (see WEBHOOK_PRIVATE_TARGETS)';
    return hasAllowedPort(url) ? null : `must have the port ${HTTPS_PORT} or a port above ${PRIVILEGED_PORTS_MAX}`;
  }

  /** Returns whether a name is listed, or an address is in a listed network. */
  #isListed(host: string): boolean {
    const address = parseAddress(host);
    return address === null ? this.#hosts.has(host.toLowerCase()) : matchesRanges(this.#ranges, address);
  }
}

const hasAllowedPort = ({ port }: URL): boolean => port === '' || Number(port) === HTTPS_PORT || Number(port) > PRIVILEGED_PORTS_MAX;
