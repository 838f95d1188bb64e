const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text that a client sent as an id can be one. PostgreSQL answers anything else with an error. */
export const isUuid = (text: string): boolean => UUID.test(text);
