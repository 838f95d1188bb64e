import { expect, test } from '@jest/globals';
import { networkOf } from '../../../src/platform/ip/network.js';
import { turnOf } from '../../../src/platform/queues/network-turn.js';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['', ''],
  ['192.0.2.7:4711', ''],
  ['10', ''],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each([
  ['192.0.2.7', '192.0.2.0/24', '192.0.0.0/16'],
  ['::ffff:192.0.2.7', '192.0.2.0/24', '192.0.0.0/16'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48', '2001:db8::/32'],
  ['2001:DB8:1:ffff::', '2001:db8:1::/48', '2001:db8::/32'],
  ['unknown', '', ''],
])('A11: %s takes turns as %s', (address, network, provider) => {
  expect(turnOf(address)).toEqual({ network, provider, known: false });
});
