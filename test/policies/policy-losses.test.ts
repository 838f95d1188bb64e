import { describe, expect, test } from '@jest/globals';
import { losesAddress, losesScope, NO_CEILINGS } from '../../src/policies/policy-losses.js';

const scopes = (...permitted: string[]) => ({ ...NO_CEILINGS, scopes: permitted });
const cidrs = (...allowedCidrs: string[]) => ({ ...NO_CEILINGS, allowedCidrs });

describe('losesScope', () => {
  test.each([
    [['a:read'], NO_CEILINGS, scopes('a:read'), false],
    [['a:read'], NO_CEILINGS, scopes('a:*'), false],
    [['a:read'], NO_CEILINGS, scopes('b:*'), true],
    [['a:read'], NO_CEILINGS, scopes(), true],
    [[], NO_CEILINGS, scopes(), false],
    [['a:*'], NO_CEILINGS, scopes('a:read'), true],
    [['a:*'], scopes('a:read'), scopes('a:read', 'a:write'), false],
    [['a:*'], scopes('a:read', 'a:write'), scopes('a:read'), true],
    [['a:*'], scopes('a:b:*'), scopes('a:*'), false],
    [['a:*', 'b:x'], scopes('a:*'), scopes('a:*'), false],
    [['b:x'], scopes('a:*'), scopes('c:*'), false],
    [['a:read'], scopes('a:read'), NO_CEILINGS, false],
  ])('of %j from %j to %j is %j', (granted, before, after, expected) => {
    expect(losesScope({ scopes: granted }, before, after)).toBe(expected);
  });
});

describe('losesAddress', () => {
  test.each([
    [[], NO_CEILINGS, NO_CEILINGS, false],
    [[], NO_CEILINGS, cidrs('0.0.0.0/0', '::/0'), true],
    [['10.1.0.0/16'], NO_CEILINGS, cidrs('10.0.0.0/8'), false],
    [['10.1.0.0/16'], NO_CEILINGS, cidrs('10.1.0.0/17', '10.1.128.0/17'), false],
    [['10.1.0.0/16'], NO_CEILINGS, cidrs('10.1.0.0/17', '10.1.192.0/18'), true],
    [['10.1.0.0/16'], NO_CEILINGS, cidrs('::/0'), true],
    [['2001:db8::/32'], NO_CEILINGS, cidrs('2001:db8::/33', '2001:db8:8000::/33'), false],
    [['2001:db8::1'], NO_CEILINGS, cidrs('2001:db8::2'), true],
    [['10.1.0.0/16'], cidrs('10.1.2.0/24'), cidrs('10.1.2.0/24'), false],
    [['10.1.0.0/16'], cidrs('10.1.2.0/24'), cidrs('10.1.2.0/25'), true],
    [['10.1.0.0/16'], cidrs('10.2.0.0/16'), cidrs('10.3.0.0/16'), false],
    [[], cidrs('10.0.0.0/8'), cidrs('10.0.0.0/9', '10.128.0.0/9'), false],
    [[], cidrs('10.0.0.0/8'), cidrs('10.0.0.0/9'), true],
    [[], cidrs('10.0.0.0/8'), NO_CEILINGS, false],
    [['192.0.2.1'], NO_CEILINGS, cidrs('192.0.2.0/31'), false],
  ])('of %j from %j to %j is %j', (allowedCidrs, before, after, expected) => {
    expect(losesAddress({ allowedCidrs }, before, after)).toBe(expected);
  });
});
