import { EXIT, errorCodes } from '#errors';

export const CONSOLE_ERRORS = errorCodes({
  TOKENS_MISSING: {
    cause: 'The API would be served to other machines without any authentication.',
    remedy:
      'Set MILLRACE_CONSOLE_TOKENS (or MILLRACE_CONSOLE_TOKENS_FILE) to name:token pairs, or MILLRACE_HTTP_HOST to 127.0.0.1.',
    exit: EXIT.usage,
  },
});
