import { EXIT, errorCodes } from '#errors';

export const configErrors = errorCodes({
  SETTINGS_INVALID: {
    cause: 'An environment variable that sets up Millrace has a value that it cannot have.',
    remedy: 'Correct the variables that are named; docs/CONFIG.md lists all of them with their defaults.',
    exit: EXIT.usage,
  },
});
