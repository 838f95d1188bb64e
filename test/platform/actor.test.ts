import { describe, expect, test } from '@jest/globals';
import { actorFields, OPERATOR, userActor } from '../../src/platform/actor.js';

describe('the fields of an actor in a log line', () => {
  test('of a user are those of the request, without anything else that the source contains', () => {
    const source = { requestId: 'req-1', ipAddress: '192.0.2.1', userAgent: 'curl/8', receivedAt: 1, bearerToken: 'secret' };
    expect(actorFields(userActor(source))).toEqual({ requestId: 'req-1', ipAddress: '192.0.2.1' });
  });

  test('of the operator name the operator', () => {
    expect(actorFields(OPERATOR)).toEqual({ actor: 'operator' });
  });
});
