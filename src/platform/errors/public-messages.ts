// Messages that more than one interface sends. None of them contains a value of the request.

export const MALFORMED_REQUEST = 'The request is malformed.';

export const INTERNAL_ERROR = 'The server failed to process the request. Report the request ID to its operator.';

export const UNAVAILABLE = 'The server is busy or its database is unavailable. Try again later.';
