/** SQL that is true if there is an endpoint, also a disabled one, which can be sent later what it missed. */
export const ANY_ENDPOINT = 'EXISTS (SELECT FROM webhook_endpoints)';
